/** Why something could not be fetched. `isFinal`: trying again is of no use. */
export class FetchError extends Error {
  constructor(
    readonly code: string,
    readonly isFinal: boolean,
  ) {
    super(code);
    this.name = "FetchError";
  }
}

const IDLE_MS = 20_000;
const PAUSES_MS = [500, 1500, 4000, 8000];

/** Fetch with an idle limit (none for the whole transfer: links are slow, frames are large). */
export async function fetchOnce(url: string, onChunk: (chunk: Uint8Array) => void): Promise<void> {
  const stop = new AbortController();
  let timer = setTimeout(() => stop.abort(), IDLE_MS);
  const alive = () => {
    clearTimeout(timer);
    timer = setTimeout(() => stop.abort(), IDLE_MS);
  };
  try {
    const response = await fetch(url, { credentials: "same-origin", signal: stop.signal });
    if (!response.ok) throw new FetchError(`http_${response.status}`, response.status < 500 && response.status !== 429);
    if (!response.body) {
      onChunk(new Uint8Array(await response.arrayBuffer()));
      return;
    }
    const reader = response.body.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      alive();
      onChunk(value);
    }
  } catch (error) {
    if (error instanceof FetchError) throw error;
    throw new FetchError("network", false);
  } finally {
    clearTimeout(timer);
  }
}

/** The whole body, tried again with growing pauses; `onTrouble` hears of each failure. */
export async function fetchBody(url: string, onTrouble: (isOffline: boolean) => void): Promise<ArrayBuffer> {
  for (let attempt = 0; ; attempt++) {
    const chunks: Uint8Array[] = [];
    let size = 0;
    try {
      await fetchOnce(url, (chunk) => {
        chunks.push(chunk);
        size += chunk.length;
      });
      onTrouble(false);
      return merged(chunks, size);
    } catch (error) {
      if (!(error instanceof FetchError) || error.isFinal) throw error;
      onTrouble(true);
      await new Promise((wake) => setTimeout(wake, PAUSES_MS[Math.min(attempt, PAUSES_MS.length - 1)]));
    }
  }
}

function merged(chunks: Uint8Array[], size: number): ArrayBuffer {
  const out = new Uint8Array(size);
  let position = 0;
  for (const chunk of chunks) {
    out.set(chunk, position);
    position += chunk.length;
  }
  return out.buffer;
}
