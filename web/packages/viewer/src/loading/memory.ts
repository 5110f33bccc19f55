/** Who keeps decoded frames: sizes by frame index, and where its reader is. */
export interface FrameHolder {
  readonly sizes: ReadonlyMap<number, number>;
  readonly centre: number;
  /** On the screen now. */
  readonly isShown: boolean;
  /** Of its previews. */
  readonly previewBytes: number;
  release(index: number): void;
  releasePreviews(): void;
}

/** How many bytes of pixels this device may keep. */
export function memoryBudget(deviceMemoryGb: number | undefined, isTouch: boolean): number {
  const MB = 1 << 20;
  if (isTouch) return 192 * MB;
  const memory = deviceMemoryGb ?? 4;
  return memory >= 8 ? 768 * MB : memory >= 4 ? 512 * MB : 192 * MB;
}

interface Kept {
  holder: FrameHolder;
  index: number;
  away: number;
}

/** One budget for everything that holds pixels: decoded frames, previews, what is on its way, and
 * what screens and volumes hold (`others`). Hidden series give way first, then what is farthest
 * from its reader. */
export class FrameMemory {
  private readonly holders = new Set<FrameHolder>();
  private framesBytes = 0;
  private comingBytes = 0;

  constructor(
    readonly budget: number,
    private readonly others: () => number = () => 0,
  ) {}

  get used(): number {
    let previews = 0;
    for (const holder of this.holders) previews += holder.previewBytes;
    return this.framesBytes + this.comingBytes + previews + this.others();
  }

  join(holder: FrameHolder): void {
    this.holders.add(holder);
  }

  leave(holder: FrameHolder): void {
    for (const size of holder.sizes.values()) this.framesBytes -= size;
    this.holders.delete(holder);
  }

  /** Whether frame `index` of `holder` would still be here after it has come. */
  hasRoomFor(holder: FrameHolder, index: number, bytes: number): boolean {
    if (this.used + bytes <= this.budget) return true;
    if (!holder.isShown) return false;
    if (this.hiddenBytes() > 0) return true;
    const farthest = this.farthest();
    return farthest === null || farthest.away > Math.abs(index - holder.centre) || !holder.sizes.size;
  }

  /** Bytes are on their way (negative: they have come or never will). */
  expect(bytes: number): void {
    this.comingBytes += bytes;
    if (bytes > 0) this.shrink();
  }

  /** A frame of `bytes` has come; others go until all fits. */
  grow(bytes: number): void {
    this.framesBytes += bytes;
    this.shrink();
  }

  /** Previews or screens have grown: frames go until all fits. */
  shrink(): void {
    if (this.used <= this.budget) return;
    for (const holder of this.holders) {
      if (holder.isShown) continue;
      holder.releasePreviews();
      for (const index of [...holder.sizes.keys()]) this.release(holder, index);
      if (this.used <= this.budget) return;
    }
    while (this.used > this.budget) {
      const kept = this.farthest();
      if (!kept || kept.away === 0) return; // what is being looked at stays
      this.release(kept.holder, kept.index);
    }
  }

  /** Nobody looks: what is not on the screen goes. */
  releaseHidden(): void {
    for (const holder of this.holders) {
      if (holder.isShown) continue;
      for (const index of [...holder.sizes.keys()]) this.release(holder, index);
    }
  }

  private hiddenBytes(): number {
    let sum = 0;
    for (const holder of this.holders) {
      if (holder.isShown) continue;
      sum += holder.previewBytes;
      for (const size of holder.sizes.values()) sum += size;
    }
    return sum;
  }

  private farthest(): Kept | null {
    let found: Kept | null = null;
    for (const holder of this.holders) {
      if (!holder.isShown) continue;
      for (const index of holder.sizes.keys()) {
        const away = Math.abs(index - holder.centre);
        if (!found || away > found.away) found = { holder, index, away };
      }
    }
    return found;
  }

  private release(holder: FrameHolder, index: number): void {
    this.framesBytes -= holder.sizes.get(index) ?? 0;
    holder.release(index);
  }
}
