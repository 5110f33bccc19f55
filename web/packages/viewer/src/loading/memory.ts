/** Who keeps decoded frames: sizes by frame index, and where its reader is. */
export interface FrameHolder {
  readonly sizes: ReadonlyMap<number, number>;
  readonly centre: number;
  /** On the screen now. */
  readonly isShown: boolean;
  release(index: number): void;
}

/** How many bytes of decoded frames this device may keep. */
export function memoryBudget(deviceMemoryGb: number | undefined, isTouch: boolean): number {
  const MB = 1 << 20;
  if (isTouch) return 192 * MB;
  const memory = deviceMemoryGb ?? 4;
  return memory >= 8 ? 768 * MB : memory >= 4 ? 512 * MB : 192 * MB;
}

/** One budget for all series: hidden ones give way first, then what is farthest from the reader. */
export class FrameMemory {
  private readonly holders = new Set<FrameHolder>();
  private usedBytes = 0;

  constructor(readonly budget: number) {}

  get used(): number {
    return this.usedBytes;
  }

  join(holder: FrameHolder): void {
    this.holders.add(holder);
  }

  leave(holder: FrameHolder): void {
    for (const size of holder.sizes.values()) this.usedBytes -= size;
    this.holders.delete(holder);
  }

  /** A frame of `bytes` has come; others go until all fits. */
  grow(bytes: number): void {
    this.usedBytes += bytes;
    const hiddenFirst = [...this.holders].sort((a, b) => Number(a.isShown) - Number(b.isShown));
    for (const holder of hiddenFirst) {
      if (this.usedBytes <= this.budget) return;
      this.shrink(holder);
    }
  }

  /** Nobody looks: what is not on the screen goes. */
  releaseHidden(): void {
    for (const holder of this.holders) {
      if (holder.isShown) continue;
      for (const [index, size] of [...holder.sizes]) {
        this.usedBytes -= size;
        holder.release(index);
      }
    }
  }

  private shrink(holder: FrameHolder): void {
    const away = (index: number): number => Math.abs(index - holder.centre);
    for (const index of [...holder.sizes.keys()].sort((a, b) => away(b) - away(a))) {
      if (this.usedBytes <= this.budget) return;
      const isLast = holder.isShown && index === holder.centre;
      if (isLast) continue;
      this.usedBytes -= holder.sizes.get(index)!;
      holder.release(index);
    }
  }
}
