import type { Frame } from "../format/frame";
import { problemOf, shapeOf, type SeriesEntry } from "../format/manifest";
import { PreviewReader, type PreviewPicture } from "../format/preview";
import { fetchOnce, FetchError, pause } from "./fetcher";
import type { FrameHolder, FrameMemory } from "./memory";
import { WORKER_FAILED } from "./pool";
import { FrameQueue } from "./queue";
import type { FrameSource } from "./source";

export interface SeriesEvents {
  onPreview(index: number): void;
  onFrame(index: number): void;
  onProblem(index: number, code: string): void;
  onTrouble(isOffline: boolean): void;
  /** The session is over; nothing more will come. */
  onExpired(): void;
  /** Nothing more is to be fetched: all is here, or all that memory has room for. */
  onRest(): void;
}

/** What all series share. */
export interface LoadingTools {
  /** Where `series/...` is found. */
  base: string;
  /** Fetches and decodes. Throws FetchError or FormatError. */
  frame(url: string, stop: AbortSignal, onTrouble: (isOffline: boolean) => void): Promise<Frame>;
  memory: FrameMemory;
}

const PARALLEL = 6;
const FAR = 12; // frames from the reader: not worth waiting for when the one in view is missing
const PREVIEW = -1; // among the things that are in trouble
const PREVIEW_PAUSES_MS = [500, 1500];

/** One series: its preview pack first, then exact frames outward from where the reader is. */
export class SeriesLoader implements FrameSource, FrameHolder {
  readonly problems = new Map<number, string>();
  readonly sizes = new Map<number, number>();
  centre = 0;
  isShown = false;
  previewBytes = 0;
  private readonly previews = new Map<number, PreviewPicture>();
  private readonly frames = new Map<number, Frame>();
  private readonly queue: FrameQueue;
  private readonly loading = new Map<number, AbortController>();
  private readonly troubled = new Set<number>();
  private readonly end = new AbortController();
  private isPaused = true;
  private isPreviewing = false;
  private isResting = false;

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

  /** Frames whose exact pixels are here (or that are known to be damaged). */
  get loadedCount(): number {
    return this.frames.size + this.problems.size;
  }

  /** Nothing is to be fetched now, though frames may be missing for want of memory. */
  get isAtRest(): boolean {
    return this.isResting;
  }

  /** Whether anything can be shown. */
  get hasPicture(): boolean {
    return this.previews.size > 0 || this.frames.size > 0;
  }

  /** Begin, or go on after a pause. */
  async start(): Promise<void> {
    this.isPaused = false;
    if (!this.isPreviewing && !this.previews.size && this.loadedCount < this.entry.count) {
      this.isPreviewing = true;
      await this.loadPreview();
      this.isPreviewing = false;
    }
    this.pump();
  }

  /** Let the network rest for another series; what is here stays. */
  pause(): void {
    this.isPaused = true;
  }

  moveTo(index: number): void {
    this.centre = index;
    this.queue.moveTo(index);
    if (!this.frames.has(index) && !this.problems.has(index) && !this.loading.has(index)) this.makeWay();
    this.pump();
  }

  close(): void {
    this.end.abort();
    this.tools.memory.leave(this);
    this.sizes.clear();
    this.frames.clear();
    this.releasePreviews();
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
    return this.fetch(index, this.end.signal);
  }

  release(index: number): void {
    this.sizes.delete(index);
    if (this.frames.delete(index)) this.queue.giveBack(index);
  }

  releasePreviews(): void {
    this.previews.clear();
    this.previewBytes = 0;
  }

  private url(part: string): string {
    return `${this.tools.base}/series/${this.entry.id}/${part}?r=${this.revision}`;
  }

  private fetch(index: number, stop: AbortSignal): Promise<Frame> {
    return this.tools.frame(this.url(`frames/${index}`), stop, (offline) => this.trouble(index, offline));
  }

  /** Tried again when the network drops it; the exact frames follow in any case. */
  private async loadPreview(): Promise<void> {
    if (!this.entry.preview) return;
    for (const pauseMs of [...PREVIEW_PAUSES_MS, 0]) {
      const reader = new PreviewReader();
      try {
        await fetchOnce(this.url("preview"), this.end.signal, (chunk) => reader.feed(chunk).forEach((picture) => this.keepPreview(picture)));
        return this.trouble(PREVIEW, false);
      } catch (error) {
        if (!(error instanceof FetchError) || error.isFinal) return this.trouble(PREVIEW, false);
        if (pauseMs) this.trouble(PREVIEW, true);
        await pause(pauseMs, this.end.signal);
      }
    }
    this.trouble(PREVIEW, false); // the frames say it themselves
  }

  private keepPreview(picture: PreviewPicture): void {
    if (picture.index >= this.entry.count || this.end.signal.aborted) return;
    if (!this.previews.has(picture.index)) this.previewBytes += picture.pixels.byteLength;
    this.previews.set(picture.index, picture);
    this.tools.memory.shrink();
    this.events.onPreview(picture.index);
  }

  /** The network is in trouble as long as anything that is asked for fails. */
  private trouble(what: number, isOffline: boolean): void {
    if (isOffline) this.troubled.add(what);
    else if (!this.troubled.delete(what)) return;
    this.events.onTrouble(this.troubled.size > 0);
  }

  /** All lanes are busy with frames far from the reader: the farthest is given up for the one in view. */
  private makeWay(): void {
    if (this.loading.size < PARALLEL) return;
    const away = (index: number): number => Math.abs(index - this.centre);
    const far = [...this.loading.keys()].reduce((a, b) => (away(b) > away(a) ? b : a));
    if (away(far) > FAR) this.loading.get(far)!.abort();
  }

  private pump(): void {
    const isReady = !this.isPreviewing && !this.isPaused && !this.end.signal.aborted;
    while (isReady && this.loading.size < PARALLEL) {
      const next = this.queue.peek();
      if (next === null || !this.tools.memory.hasRoomFor(this, next, this.bytesOf(next))) break;
      void this.load(this.queue.take()!);
    }
    const rests = isReady && !this.loading.size;
    const isNews = rests && !this.isResting;
    this.isResting = rests;
    if (isNews) this.events.onRest();
  }

  private bytesOf(index: number): number {
    const { rows, cols, samples, bits_stored } = shapeOf(this.entry, index);
    return rows * cols * samples * (bits_stored > 8 ? 2 : 1);
  }

  private async load(index: number): Promise<void> {
    const stop = new AbortController();
    const ended = (): void => stop.abort();
    this.end.signal.addEventListener("abort", ended);
    this.loading.set(index, stop);
    const coming = this.bytesOf(index);
    this.tools.memory.expect(coming);
    let frame: Frame | null = null;
    let failure: unknown = null;
    try {
      frame = await this.fetch(index, stop.signal);
    } catch (error) {
      failure = error;
    }
    this.end.signal.removeEventListener("abort", ended);
    this.tools.memory.expect(-coming);
    this.loading.delete(index);
    this.trouble(index, false);
    if (this.end.signal.aborted) return;
    if (frame) this.keep(index, frame);
    else this.fail(index, failure);
    this.pump();
  }

  private fail(index: number, error: unknown): void {
    const code = error instanceof Error ? error.message : "frame_broken";
    if (code === "aborted" || code === WORKER_FAILED) return this.queue.giveBack(index);
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
    this.sizes.set(index, frame.pixels.byteLength);
    this.tools.memory.grow(frame.pixels.byteLength);
    this.events.onFrame(index);
  }
}
