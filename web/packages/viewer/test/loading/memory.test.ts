import { expect, test } from "vitest";
import { FrameMemory, memoryBudget, type FrameHolder } from "../../src/loading/memory";

class Holder implements FrameHolder {
  readonly sizes = new Map<number, number>();
  centre = 0;

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
  expect([hidden.sizes.size, shown.sizes.size]).toEqual([1, 9]);
  memory.leave(shown);
  expect(memory.used).toBe(10);
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
