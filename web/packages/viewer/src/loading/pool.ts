import { FormatError } from "../format/errors";
import { decodeFrame, type Frame } from "../format/frame";

interface Waiting {
  resolve: (frame: Frame) => void;
  reject: (error: Error) => void;
}

/** The worker died, which says nothing of the frame: it may be tried again. */
export const WORKER_FAILED = "worker_failed";

/** Decodes in workers; in this thread where a browser has none. */
export class DecodePool {
  private readonly workers: Worker[] = [];
  private readonly waiting = new Map<number, Waiting>();
  private next = 0;

  constructor(size: number) {
    for (let i = 0; i < size; i++) {
      try {
        const worker = new Worker(new URL("./decode.worker.ts", import.meta.url), { type: "module" });
        worker.onmessage = (event) => this.answer(event.data);
        worker.onerror = () => this.drop(worker);
        this.workers.push(worker);
      } catch {
        break;
      }
    }
  }

  decode(body: ArrayBuffer): Promise<Frame> {
    if (!this.workers.length) return Promise.resolve().then(() => decodeFrame(body));
    const id = this.next++;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.workers[id % this.workers.length].postMessage({ id, body }, [body]);
    });
  }

  close(): void {
    for (const worker of this.workers) worker.terminate();
    this.workers.length = 0;
    this.failAll("closed");
  }

  private answer(data: { id: number; frame?: Frame; problem?: string }): void {
    const waiting = this.waiting.get(data.id);
    this.waiting.delete(data.id);
    if (data.frame) waiting?.resolve(data.frame);
    else waiting?.reject(new FormatError(data.problem ?? "frame_broken"));
  }

  /** The others go on, or this thread does. */
  private drop(worker: Worker): void {
    worker.terminate();
    const at = this.workers.indexOf(worker);
    if (at >= 0) this.workers.splice(at, 1);
    this.failAll(WORKER_FAILED);
  }

  private failAll(code: string): void {
    for (const waiting of this.waiting.values()) waiting.reject(new FormatError(code));
    this.waiting.clear();
  }
}
