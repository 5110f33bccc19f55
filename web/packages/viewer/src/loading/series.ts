import type { Frame } from "../format/frame";
import type { SeriesEntry } from "../format/manifest";
import { problemOf } from "../format/manifest";
import { PreviewReader, type PreviewPicture } from "../format/preview";
import { victims } from "./budget";
import { fetchBody, fetchOnce, FetchError } from "./fetcher";
import type { DecodePool } from "./pool";
import { FrameQueue } from "./queue";

export interface SeriesEvents {
  onPreview(index: number): void;
  onFrame(index: number): void;
  onProblem(index: number, code: string): void;
  onTrouble(isOffline: boolean): void;
  onAllLoaded(): void;
}

const PARALLEL = 6;

/** One series: its preview pack first, then exact frames outward from where the reader is. */
export class SeriesLoader {
  readonly previews = new Map<number, PreviewPicture>();
  readonly frames = new Map<number, Frame>();
  readonly problems = new Map<number, string>();
  private readonly queue: FrameQueue;
  private readonly once = new Set<number>();
  private readonly sizes = new Map<number, number>();
  private used = 0;
  private running = 0;
  private centre = 0;
  private isPaused = true;
  private isClosed = false;
  private isAllLoaded = false;

  constructor(
    readonly entry: SeriesEntry,
    private readonly base: string,
    private readonly revision: number | string,
    private readonly pool: DecodePool,
    private readonly budget: number,
    private readonly events: SeriesEvents,
  ) {
    for (let i = 0; i < entry.count; i++) {
      const problem = problemOf(entry, i);
      if (problem) this.problems.set(i, problem);
    }
    this.queue = new FrameQueue(entry.count, (i) => this.problems.has(i));
  }

  /** Exact frames decoded at least once (or known to be damaged). */
  get loadedCount(): number {
    return this.once.size + this.problems.size;
  }

  async start(centre: number): Promise<void> {
    this.moveTo(centre);
    await this.loadPreview();
    this.isPaused = false;
    this.pump();
  }

  /** Let the network rest for another series; what is here stays. */
  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
    this.pump();
  }

  moveTo(index: number): void {
    this.centre = index;
    this.queue.moveTo(index);
    const isWanted = !this.frames.has(index) && this.once.has(index);
    if (isWanted) this.queue.giveBack(index);
    this.pump();
  }

  close(): void {
    this.isClosed = true;
    this.frames.clear();
    this.previews.clear();
  }

  private url(part: string): string {
    return `${this.base}/series/${this.entry.id}/${part}?r=${this.revision}`;
  }

  private async loadPreview(): Promise<void> {
    if (!this.entry.preview || this.previews.size) return;
    const reader = new PreviewReader();
    try {
      await fetchOnce(this.url("preview"), (chunk) => {
        for (const picture of reader.feed(chunk)) {
          this.previews.set(picture.index, picture);
          this.events.onPreview(picture.index);
        }
      });
    } catch {
      // the exact frames follow anyway; a preview is a courtesy
    }
  }

  private pump(): void {
    while (!this.isPaused && !this.isClosed && this.running < PARALLEL) {
      const index = this.queue.take();
      if (index === null) break;
      if (this.frames.has(index)) continue;
      this.running++;
      void this.load(index);
    }
    if (!this.isAllLoaded && this.loadedCount === this.entry.count) {
      this.isAllLoaded = true;
      this.events.onAllLoaded();
    }
  }

  private async load(index: number): Promise<void> {
    try {
      const body = await fetchBody(this.url(`frames/${index}`), (offline) => this.events.onTrouble(offline));
      if (this.isClosed) return;
      this.keep(index, await this.pool.decode(body));
    } catch (error) {
      if (this.isClosed) return;
      const code = error instanceof FetchError || error instanceof Error ? error.message : "frame_broken";
      this.problems.set(index, code);
      this.events.onProblem(index, code);
    } finally {
      this.running--;
      if (!this.isClosed) this.pump();
    }
  }

  private keep(index: number, frame: Frame): void {
    this.frames.set(index, frame);
    this.once.add(index);
    this.sizes.set(index, frame.pixels.byteLength);
    this.used += frame.pixels.byteLength;
    for (const gone of victims(this.sizes, this.centre, this.used, this.budget)) {
      this.used -= this.sizes.get(gone)!;
      this.sizes.delete(gone);
      this.frames.delete(gone);
    }
    this.events.onFrame(index);
  }

  /** The exact frame, fetched again when it was let go. */
  async exact(index: number): Promise<Frame> {
    const here = this.frames.get(index);
    if (here) return here;
    const problem = this.problems.get(index);
    if (problem) throw new Error(problem);
    return this.pool.decode(await fetchBody(this.url(`frames/${index}`), () => undefined));
  }
}
