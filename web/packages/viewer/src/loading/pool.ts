import { FormatError } from "../format/errors";
import { decodeFrame, type Frame } from "../format/frame";
import type { FrameAnswer } from "./decode.worker";
import { fetchBody, FetchError } from "./fetcher";

interface Waiting {
  worker: Worker;
  resolve: (frame: Frame) => void;
  reject: (error: Error) => void;
  onTrouble: (isOffline: boolean) => void;
}

/** The worker died, which says nothing of the frame: it may be tried again. */
export const WORKER_FAILED = "worker_failed";

/** Fetches and decodes frames in workers; in this thread where a browser has none. */
export class FramePool {
  private readonly workers: Worker[] = [];
  private readonly waiting = new Map<number, Waiting>();
  private next = 0;

  constructor(size: number) {
    for (let i = 0; i < size; i++) {
      try {
        const worker = new Worker(new URL("./decode.worker.ts", import.meta.url), { type: "module" });
        worker.onmessage = (event: MessageEvent<FrameAnswer>) => this.answer(event.data);
        worker.onerror = () => this.drop(worker);
        this.workers.push(worker);
      } catch {
        break;
      }
    }
  }

  /** The frame at an address. Throws FetchError ("aborted" when `stop` ended it) or FormatError. */
  frame(url: string, stop: AbortSignal, onTrouble: (isOffline: boolean) => void): Promise<Frame> {
    const worker = this.workers[this.next % this.workers.length];
    if (!worker) return fetchBody(url, stop, onTrouble).then(decodeFrame);
    const id = this.next++;
    return new Promise<Frame>((resolve, reject) => {
      if (stop.aborted) return reject(new FetchError("aborted", true));
      const giveUp = (): void => worker.postMessage({ id, stop: true });
      stop.addEventListener("abort", giveUp);
      const done = (): void => stop.removeEventListener("abort", giveUp);
      const settle = <T>(act: (value: T) => void) => (value: T): void => (done(), act(value)); // prettier-ignore
      this.waiting.set(id, { worker, onTrouble, resolve: settle(resolve), reject: settle(reject) });
      worker.postMessage({ id, url });
    });
  }

  close(): void {
    for (const worker of this.workers) worker.terminate();
    this.workers.length = 0;
    for (const id of [...this.waiting.keys()]) this.fail(id, "closed");
  }

  private answer({ id, frame, problem, isFinal, trouble }: FrameAnswer): void {
    const waiting = this.waiting.get(id);
    if (trouble !== undefined) return waiting?.onTrouble(trouble);
    this.waiting.delete(id);
    if (frame) waiting?.resolve(frame);
    else if (isFinal !== undefined) waiting?.reject(new FetchError(problem ?? "network", isFinal));
    else waiting?.reject(new FormatError(problem ?? "frame_broken"));
  }

  /** The others go on, or this thread does. */
  private drop(worker: Worker): void {
    worker.terminate();
    const at = this.workers.indexOf(worker);
    if (at >= 0) this.workers.splice(at, 1);
    for (const [id, waiting] of [...this.waiting]) if (waiting.worker === worker) this.fail(id, WORKER_FAILED);
  }

  private fail(id: number, code: string): void {
    const waiting = this.waiting.get(id);
    this.waiting.delete(id);
    waiting?.reject(new FormatError(code));
  }
}
