import type { Frame } from "../format/frame";
import { problemOf, type SeriesEntry } from "../format/manifest";
import { PreviewReader, type PreviewPicture } from "../format/preview";
import { fetchBody, fetchOnce, FetchError } from "./fetcher";
import type { FrameHolder, FrameMemory } from "./memory";
import { FrameQueue } from "./queue";
import type { FrameSource } from "./source";

export interface SeriesEvents {
  onPreview(index: number): void;
  onFrame(index: number): void;
  onProblem(index: number, code: string): void;
  onTrouble(isOffline: boolean): void;
  /** The session is over; nothing more will come. */
  onExpired(): void;
  onAllLoaded(): void;
}

/** What all series share. */
export interface LoadingTools {
  /** Where `series/...` is found. */
  base: string;
  decode(body: ArrayBuffer): Promise<Frame>;
  memory: FrameMemory;
}

const PARALLEL = 6;
const NEAR = 8; // frames on each side that come back when memory had let them go

/** One series: its preview pack first, then exact frames outward from where the reader is. */
export class SeriesLoader implements FrameSource, FrameHolder {
  readonly problems = new Map<number, string>();
  readonly sizes = new Map<number, number>();
  centre = 0;
  isShown = false;
  private readonly previews = new Map<number, PreviewPicture>();
  private readonly frames = new Map<number, Frame>();
  private readonly queue: FrameQueue;
  private readonly once = new Set<number>();
  private readonly loading = new Set<number>();
  private readonly end = new AbortController();
  private isPaused = true;
  private isStarted = false;
  private isPreviewing = false;
  private isAllLoaded = false;

  constructor(
    readonly entry: SeriesEntry,
    private readonly revision: number | string,
    private readonly tools: LoadingTools,
    private readonly events: SeriesEvents,
  ) {
    for (let i = 0; i < entry.count; i++) {
      const problem = problemOf(entry, i);
      if (problem) this.problems.set(i, problem);
    }
    this.queue = new FrameQueue(entry.count, (i) => this.problems.has(i));
    tools.memory.join(this);
  }

  /** Exact frames decoded at least once (or known to be damaged). */
  get loadedCount(): number {
    return this.once.size + this.problems.size;
  }

  /** Whether anything can be shown. */
  get hasPicture(): boolean {
    return this.previews.size > 0 || this.frames.size > 0;
  }

  /** Begin, or go on after a pause. */
  async start(): Promise<void> {
    if (this.isStarted) {
      this.isPaused = false;
      this.pump();
      return;
    }
    this.isStarted = true;
    this.isPaused = false;
    this.isPreviewing = true;
    await this.loadPreview();
    this.isPreviewing = false;
    this.pump();
  }

  /** Let the network rest for another series; what is here stays. */
  pause(): void {
    this.isPaused = true;
  }

  moveTo(index: number): void {
    this.centre = index;
    this.queue.moveTo(index);
    for (let i = Math.max(index - NEAR, 0); i <= Math.min(index + NEAR, this.entry.count - 1); i++) {
      if (this.once.has(i) && !this.frames.has(i) && !this.loading.has(i)) this.queue.giveBack(i);
    }
    this.pump();
  }

  close(): void {
    this.end.abort();
    this.tools.memory.leave(this);
    this.sizes.clear();
    this.frames.clear();
    this.previews.clear();
  }

  frameAt(index: number): Frame | undefined {
    return this.frames.get(index);
  }

  previewNear(index: number): PreviewPicture | null {
    for (let distance = 0; distance < this.entry.count; distance++) {
      const found = this.previews.get(index - distance) ?? this.previews.get(index + distance);
      if (found) return found;
    }
    return null;
  }

  /** The exact frame, fetched again when it was let go. Throws FetchError or FormatError. */
  async exact(index: number): Promise<Frame> {
    const here = this.frames.get(index);
    if (here) return here;
    const problem = this.problems.get(index);
    if (problem) throw new Error(problem);
    return this.tools.decode(await this.body(index));
  }

  release(index: number): void {
    this.sizes.delete(index);
    this.frames.delete(index);
  }

  private url(part: string): string {
    return `${this.tools.base}/series/${this.entry.id}/${part}?r=${this.revision}`;
  }

  private body(index: number): Promise<ArrayBuffer> {
    return fetchBody(this.url(`frames/${index}`), this.end.signal, (offline) => this.events.onTrouble(offline));
  }

  private async loadPreview(): Promise<void> {
    if (!this.entry.preview) return;
    const reader = new PreviewReader();
    try {
      await fetchOnce(this.url("preview"), this.end.signal, (chunk) => {
        for (const picture of reader.feed(chunk)) {
          if (picture.index >= this.entry.count) continue;
          this.previews.set(picture.index, picture);
          this.events.onPreview(picture.index);
        }
      });
    } catch {
      // the exact frames follow anyway; a preview is a courtesy
    }
  }

  private pump(): void {
    const isReady = this.isStarted && !this.isPreviewing && !this.isPaused && !this.end.signal.aborted;
    while (isReady && this.loading.size < PARALLEL) {
      const index = this.queue.take();
      if (index === null) break;
      if (!this.frames.has(index)) void this.load(index);
    }
    if (!this.isAllLoaded && this.loadedCount === this.entry.count) {
      this.isAllLoaded = true;
      this.events.onAllLoaded();
    }
  }

  private async load(index: number): Promise<void> {
    this.loading.add(index);
    try {
      const frame = await this.tools.decode(await this.body(index));
      if (!this.end.signal.aborted) this.keep(index, frame);
    } catch (error) {
      if (!this.end.signal.aborted) this.fail(index, error);
    } finally {
      this.loading.delete(index);
      this.pump();
    }
  }

  private fail(index: number, error: unknown): void {
    const code = error instanceof Error ? error.message : "frame_broken";
    if (error instanceof FetchError && (code === "http_401" || code === "http_403")) {
      this.end.abort();
      this.events.onExpired();
      return;
    }
    this.problems.set(index, code);
    this.events.onProblem(index, code);
  }

  private keep(index: number, frame: Frame): void {
    this.frames.set(index, frame);
    this.once.add(index);
    this.sizes.set(index, frame.pixels.byteLength);
    this.tools.memory.grow(frame.pixels.byteLength);
    this.events.onFrame(index);
  }
}
