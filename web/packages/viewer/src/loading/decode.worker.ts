import { decodeFrame } from "../format/frame";

// One message in, one out: a body becomes pixels, or the code of why it does not.
addEventListener("message", (event: MessageEvent<{ id: number; body: ArrayBuffer }>) => {
  const { id, body } = event.data;
  try {
    const frame = decodeFrame(body);
    postMessage({ id, frame }, { transfer: [frame.pixels.buffer as ArrayBuffer] });
  } catch (error) {
    postMessage({ id, problem: error instanceof Error ? error.message : "frame_broken" });
  }
});
