import { expect, test } from "vitest";
import { FrameMemory, memoryBudget, type FrameHolder } from "../../src/loading/memory";

class Holder implements FrameHolder {
  readonly sizes = new Map<number, number>();
  centre = 0;
  previewBytes = 0;

  constructor(
    private readonly memory: FrameMemory,
    readonly isShown: boolean,
  ) {
    memory.join(this);
  }

  keep(index: number, bytes: number): void {
    this.sizes.set(index, bytes);
    this.memory.grow(bytes);
  }

  release(index: number): void {
    this.sizes.delete(index);
  }

  releasePreviews(): void {
    this.previewBytes = 0;
  }
}

test("phones get 192 MB, whatever they say", () => {
  expect(memoryBudget(8, true)).toBe(192 << 20);
  expect(memoryBudget(undefined, false)).toBe(512 << 20);
  expect(memoryBudget(8, false)).toBe(768 << 20);
  expect(memoryBudget(2, false)).toBe(192 << 20);
});

test("1,500 slices of 512 KB stay within a phone's budget, the nearest ones kept", () => {
  const memory = new FrameMemory(memoryBudget(4, true));
  const holder = new Holder(memory, true);
  for (let i = 0; i < 1500; i++) {
    holder.centre = i;
    holder.keep(i, 512 * 1024);
    expect(memory.used).toBeLessThanOrEqual(memory.budget);
  }
  expect(holder.sizes.size).toBe(384);
  expect(Math.min(...holder.sizes.keys())).toBe(1500 - 384);
});

test("hidden series give way before the one that is read", () => {
  const memory = new FrameMemory(100);
  const hidden = new Holder(memory, false);
  const shown = new Holder(memory, true);
  for (let i = 0; i < 8; i++) hidden.keep(i, 10);
  for (let i = 0; i < 9; i++) shown.keep(i, 10);
  expect([hidden.sizes.size, shown.sizes.size]).toEqual([0, 9]);
  memory.leave(shown);
  expect(memory.used).toBe(0);
});

test("a single frame larger than the budget is still shown", () => {
  const memory = new FrameMemory(100);
  const shown = new Holder(memory, true);
  shown.keep(0, 400);
  expect([...shown.sizes.keys()]).toEqual([0]);
});

test("a hidden page keeps only what is on the screen", () => {
  const memory = new FrameMemory(1000);
  const hidden = new Holder(memory, false);
  const shown = new Holder(memory, true);
  hidden.keep(0, 10);
  shown.keep(0, 20);
  memory.releaseHidden();
  expect([hidden.sizes.size, shown.sizes.size, memory.used]).toEqual([0, 1, 20]);
});

test("previews, screens and what is on its way count too", () => {
  let screens = 30;
  const memory = new FrameMemory(100, () => screens);
  const shown = new Holder(memory, true);
  shown.previewBytes = 20;
  for (let i = 0; i < 9; i++) shown.keep(i, 10);
  expect(memory.used).toBe(100);
  expect([...shown.sizes.keys()]).toEqual([0, 1, 2, 3, 4]);
  memory.expect(10);
  expect(memory.used).toBe(100);
  memory.expect(-10);
  screens = 60;
  memory.shrink();
  expect([...shown.sizes.keys()]).toEqual([0, 1]);
});

test("of two panes neither empties the other: what is farthest from its reader goes", () => {
  const memory = new FrameMemory(100);
  const [left, right] = [new Holder(memory, true), new Holder(memory, true)];
  for (let i = 0; i < 20; i++) {
    left.keep(i, 10);
    right.keep(i, 10);
  }
  expect([left.sizes.size, right.sizes.size]).toEqual([5, 5]);
  expect(memory.hasRoomFor(left, 40, 10)).toBe(false);
  expect(memory.hasRoomFor(left, 1, 10)).toBe(true);
});
