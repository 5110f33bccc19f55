import type { Manifest, SeriesEntry } from "../format/manifest";
import { FrameMemory, memoryBudget } from "../loading/memory";
import { FramePool } from "../loading/pool";
import { SeriesLoader } from "../loading/series";

/** A series and the study it belongs to. */
export interface Shown {
  entry: SeriesEntry;
  manifest: Manifest;
}

export interface LibraryEvents {
  /** New pixels of this series are here. */
  onPixels(entry: SeriesEntry, index: number | null): void;
  onTrouble(isOffline: boolean): void;
  onExpired(): void;
  /** Nothing more of it is to be fetched now. */
  onRest(entry: SeriesEntry): void;
}

/** All series of the studies that are open, and who loads them. */
export class Library {
  readonly all: Shown[];
  /** Those that the page was opened with; priors come after them. */
  readonly own: readonly Shown[];
  readonly memory: FrameMemory;
  private readonly pool = new FramePool(Math.min(Math.max((navigator.hardwareConcurrency || 2) - 1, 2), 4));
  private readonly troubled = new Set<string>();
  private readonly loaders = new Map<string, SeriesLoader>();

  constructor(
    studies: Manifest[],
    readonly base: string,
    private readonly events: LibraryEvents,
    screens: () => number,
  ) {
    this.memory = new FrameMemory(deviceBudget(), screens);
    this.all = studies.flatMap(seriesOf);
    this.own = [...this.all];
  }

  add(manifest: Manifest): void {
    this.all.push(...seriesOf(manifest).filter(({ entry }) => !this.find(entry.id)));
  }

  /** By the manifest's id of the series. */
  find(id: string): Shown | undefined {
    return this.all.find((shown) => shown.entry.id === id);
  }

  loaderOf(entry: SeriesEntry): SeriesLoader {
    let loader = this.loaders.get(entry.id);
    if (!loader) {
      loader = this.makeLoader(entry);
      this.loaders.set(entry.id, loader);
    }
    return loader;
  }

  /** Load these; the others rest. */
  setActive(entries: SeriesEntry[]): void {
    const wanted = new Set(entries.filter((entry) => entry.state === "ready").map((entry) => entry.id));
    for (const [id, loader] of this.loaders) {
      loader.isShown = wanted.has(id);
      if (!loader.isShown) loader.pause();
    }
    for (const entry of entries) {
      if (!wanted.has(entry.id)) continue;
      const loader = this.loaderOf(entry);
      loader.isShown = true;
      void loader.start();
    }
  }

  /** What is shown is whole: fetch the preview and frames of the next series quietly. */
  loadNext(): void {
    const isRoomLeft = this.memory.used < this.memory.budget / 2;
    const next = this.all.find((s) => s.entry.state === "ready" && !this.loaders.has(s.entry.id));
    if (!next || !isRoomLeft) return;
    const loader = this.loaderOf(next.entry);
    loader.moveTo(Math.floor(next.entry.count / 2));
    void loader.start();
  }

  revisionOf(entry: SeriesEntry): number | string {
    return entry.revision ?? this.all.find((s) => s.entry === entry)?.manifest.revision ?? 0;
  }

  dispose(): void {
    for (const loader of this.loaders.values()) loader.close();
    this.pool.close();
  }

  private makeLoader(entry: SeriesEntry): SeriesLoader {
    const tools = { base: this.base, memory: this.memory, frame: this.pool.frame.bind(this.pool) };
    return new SeriesLoader(entry, this.revisionOf(entry), tools, {
      onPreview: () => this.events.onPixels(entry, null),
      onFrame: (index) => this.events.onPixels(entry, index),
      onProblem: (index) => this.events.onPixels(entry, index),
      onTrouble: (isOffline) => {
        if (isOffline) this.troubled.add(entry.id);
        else this.troubled.delete(entry.id);
        this.events.onTrouble(this.troubled.size > 0);
      },
      onExpired: () => this.events.onExpired(),
      onRest: () => this.events.onRest(entry),
    });
  }
}

const seriesOf = (manifest: Manifest): Shown[] => manifest.series.map((entry) => ({ entry, manifest }));

function deviceBudget(): number {
  const memory = (navigator as Navigator & { deviceMemory?: number }).deviceMemory;
  return memoryBudget(memory, matchMedia("(pointer: coarse)").matches);
}
