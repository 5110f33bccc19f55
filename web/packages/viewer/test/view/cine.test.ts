import { expect, test } from "vitest";
import { Cine, nextSpeed, ownSpeed } from "../../src/view/cine";

function playing(count: number, fps: number, isBouncing = false) {
  let tick: ((ms: number) => void) | null = null;
  const at = { index: 0, count };
  const seen: number[] = [];
  const cine = new Cine(
    (by) => {
      at.index += by;
      seen.push(at.index);
    },
    () => at,
    { request: (next) => ((tick = next), 1), cancel: () => (tick = null) },
  );
  cine.settings = { framesPerSecond: fps, isBouncing };
  cine.play();
  const run = (ms: number, step = 10): number[] => {
    for (let now = 1000; now <= 1000 + ms && tick; now += step) tick(now);
    return seen;
  };
  return { cine, run };
}

test("plays at its speed and begins again", () => {
  expect(playing(4, 10).run(620)).toEqual([1, 2, 3, 0, 1, 2]);
});

test("plays to and fro", () => {
  expect(playing(4, 10, true).run(720)).toEqual([1, 2, 3, 2, 1, 0, 1]);
});

test("a slow machine leaves frames out rather than time", () => {
  expect(playing(100, 20).run(1000, 250)).toEqual([5, 10, 15, 20]);
});

test("stops, and a single picture never plays", () => {
  const { cine, run } = playing(9, 10);
  cine.stop();
  expect(run(500)).toEqual([]);
  expect(playing(1, 10).cine.isPlaying).toBe(false);
});

test("the file's own frame time is the first speed", () => {
  expect([ownSpeed(40), ownSpeed(null), ownSpeed(0), ownSpeed(1)]).toEqual([25, 10, 10, 60]);
  expect([nextSpeed(10, 1), nextSpeed(10, -1), nextSpeed(60, 1), nextSpeed(24, 1)]).toEqual([15, 8, 60, 25]);
});

test.each([
  [10, [60, 210, 260, 410, 460]], // the means of both are 100 ms
  [5, [110, 410, 510]],
])("uneven steps stay in proportion at %i frames a second", (framesPerSecond, expected) => {
  let tick: ((ms: number) => void) | null = null;
  const at = { index: 0, count: 4 };
  const changed: number[] = [];
  let now = 0;
  const cine = new Cine(
    (by) => {
      at.index += by;
      changed.push(now);
    },
    () => at,
    { request: (next) => ((tick = next), 1), cancel: () => (tick = null) },
  );
  cine.settings = { framesPerSecond, isBouncing: false, frameTimesMs: [50, 150, 50, 150] };
  cine.play();
  for (now = 10; now <= 560; now += 10) tick!(now);
  expect(changed.slice(0, expected.length)).toEqual(expected);
});

test("a tab that was hidden for an hour does not run through the series a hundred times", () => {
  expect(playing(500, 10).run(3_600_000, 3_600_000)).toEqual([10]);
});
