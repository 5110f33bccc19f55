import { expect, test } from "vitest";
import { FrameQueue } from "../../src/loading/queue";

const drain = (queue: FrameQueue): number[] => {
  const taken: number[] = [];
  for (let next = queue.take(); next !== null; next = queue.take()) taken.push(next);
  return taken;
};

test("outward from the reader, ahead before behind", () => {
  const queue = new FrameQueue(7, () => false);
  queue.moveTo(3);
  expect(drain(queue)).toEqual([3, 4, 2, 5, 1, 6, 0]);
});

test("a reader who moves changes what comes next", () => {
  const queue = new FrameQueue(100, () => false);
  queue.moveTo(50);
  expect([queue.take(), queue.take()]).toEqual([50, 51]);
  queue.moveTo(10);
  expect([queue.take(), queue.take(), queue.take()]).toEqual([10, 11, 9]);
});

test("damaged frames are never asked for; what is given back comes again", () => {
  const queue = new FrameQueue(4, (i) => i === 2);
  expect(drain(queue)).toEqual([0, 1, 3]);
  expect(queue.size).toBe(0);
  queue.giveBack(1);
  expect(drain(queue)).toEqual([1]);
});
