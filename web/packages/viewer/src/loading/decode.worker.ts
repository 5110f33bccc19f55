import { decodeFrame } from "../format/frame";
import { fetchBody, FetchError } from "./fetcher";

// An address comes in, pixels go out: fetching, inflating and decoding leave the reader's thread
// alone. `stop` gives a frame up; `trouble` says that the network fails or is back.
export type FrameOrder = { id: number; url: string } | { id: number; stop: true };
export type FrameAnswer = { id: number; frame?: ReturnType<typeof decodeFrame>; problem?: string; isFinal?: boolean; trouble?: boolean };

const running = new Map<number, AbortController>();

addEventListener("message", (event: MessageEvent<FrameOrder>) => {
  const order = event.data;
  if ("stop" in order) running.get(order.id)?.abort();
  else void run(order.id, order.url);
});

async function run(id: number, url: string): Promise<void> {
  const stop = new AbortController();
  running.set(id, stop);
  let isInTrouble = false;
  const tell = (trouble: boolean): void => {
    if (trouble !== isInTrouble) postMessage({ id, trouble } satisfies FrameAnswer);
    isInTrouble = trouble;
  };
  try {
    const body = await fetchBody(url, stop.signal, tell);
    const frame = decodeFrame(body);
    postMessage({ id, frame } satisfies FrameAnswer, { transfer: [frame.pixels.buffer as ArrayBuffer] });
  } catch (error) {
    const problem = error instanceof Error ? error.message : "frame_broken";
    postMessage({ id, problem, isFinal: error instanceof FetchError ? error.isFinal : undefined } satisfies FrameAnswer);
  } finally {
    running.delete(id);
  }
}
