/** The next frame to fetch: nearest to where the reader is, then outward. */
export class FrameQueue {
  private readonly todo: Set<number>;
  private centre = 0;

  constructor(count: number, skip: (index: number) => boolean) {
    this.todo = new Set();
    for (let i = 0; i < count; i++) if (!skip(i)) this.todo.add(i);
  }

  get size(): number {
    return this.todo.size;
  }

  /** The reader moved: from now on frames near `index` come first. */
  moveTo(index: number): void {
    this.centre = index;
  }

  /** The best frame, or null when none is left; it stays in the queue. */
  peek(): number | null {
    let best: number | null = null;
    let cost = Infinity;
    for (const index of this.todo) {
      const distance = index - this.centre;
      // ahead before behind at equal distance: people scroll onward
      const price = distance >= 0 ? distance * 2 : -distance * 2 + 1;
      if (price < cost) {
        cost = price;
        best = index;
      }
    }
    return best;
  }

  /** Take the best frame away, or null when none is left. */
  take(): number | null {
    const best = this.peek();
    if (best !== null) this.todo.delete(best);
    return best;
  }

  /** It failed or was let go: put it back. */
  giveBack(index: number): void {
    this.todo.add(index);
  }
}
