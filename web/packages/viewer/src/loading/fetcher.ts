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

/** Fetch with an idle limit (none for the whole transfer: links are slow, frames are large).
 * Throws FetchError; its code is "aborted" when `stop` ended it. */
export async function fetchOnce(url: string, stop: AbortSignal, onChunk: (chunk: Uint8Array) => void): Promise<void> {
  const idle = new AbortController();
  const end = (): void => idle.abort();
  stop.addEventListener("abort", end);
  let timer = setTimeout(end, IDLE_MS);
  const alive = (): void => {
    clearTimeout(timer);
    timer = setTimeout(end, IDLE_MS);
  };
  try {
    if (stop.aborted) throw new FetchError("aborted", true);
    const response = await fetch(url, { credentials: "same-origin", signal: idle.signal });
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
    if (stop.aborted) throw new FetchError("aborted", true);
    if (error instanceof FetchError) throw error;
    throw new FetchError("network", false);
  } finally {
    clearTimeout(timer);
    stop.removeEventListener("abort", end);
  }
}

/** The whole body, tried again with growing pauses; `onTrouble` hears of each failure. */
export async function fetchBody(url: string, stop: AbortSignal, onTrouble: (isOffline: boolean) => void): Promise<ArrayBuffer> {
  for (let attempt = 0; ; attempt++) {
    const chunks: Uint8Array[] = [];
    try {
      await fetchOnce(url, stop, (chunk) => chunks.push(chunk));
      onTrouble(false);
      return merged(chunks);
    } catch (error) {
      if (!(error instanceof FetchError) || error.isFinal) throw error;
      onTrouble(true);
      await pause(PAUSES_MS[Math.min(attempt, PAUSES_MS.length - 1)], stop);
    }
  }
}

/** Resolves after `ms`, or at once when `stop` ends it or the network is back. */
export function pause(ms: number, stop: AbortSignal): Promise<void> {
  return new Promise((wake) => {
    const done = (): void => {
      clearTimeout(timer);
      stop.removeEventListener("abort", done);
      globalThis.removeEventListener?.("online", done);
      wake();
    };
    const timer = setTimeout(done, ms);
    stop.addEventListener("abort", done);
    globalThis.addEventListener?.("online", done);
    if (stop.aborted) done();
  });
}

function merged(chunks: Uint8Array[]): ArrayBuffer {
  const out = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let position = 0;
  for (const chunk of chunks) {
    out.set(chunk, position);
    position += chunk.length;
  }
  return out.buffer;
}
