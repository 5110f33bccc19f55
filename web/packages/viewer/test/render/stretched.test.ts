import { expect, test } from "vitest";
import { stretched, type Stretched } from "../../src/render/stretched";
import { toImage, type Placement } from "../../src/view/camera";
import { screenPoint } from "../../src/view/points";

const [ROWS, COLS, WIDTH, HEIGHT] = [512, 400, 1280, 952];
const upright = (scale: number, e: number, f: number): Placement => ({ a: scale, b: 0, c: 0, d: scale, e, f });
const lay = (at: Placement): Stretched => stretched(at, ROWS, COLS, WIDTH, HEIGHT)!;

const ENLARGED: [string, Placement][] = [
  ["fitted", upright(1.859375, 164, 0)],
  ["zoomed and moved", upright(7.3, -812.41, -97.13)],
  ["anisotropic", { a: 2.5, b: 0, c: 0, d: 1.25, e: 3.2, f: -8.8 }],
  ["turned", { a: 0, b: -3.1, c: 3.1, d: 0, e: 1021.7, f: 12.2 }],
  ["flipped", { a: -2.2, b: 0, c: 0, d: 2.2, e: 900.3, f: 4.4 }],
];
const ALL: [string, Placement][] = [
  ...ENLARGED,
  ["shrunk in one direction", { a: 1.7, b: 0, c: 0, d: 0.6, e: 10.5, f: 0.25 }],
  ["one to one", upright(1, 40, 220)],
  ["shrunk", upright(0.37, 500.4, 300.6)],
];

test.each(ALL)("a point of the screen shows the same point of the image: %s", (_, at) => {
  const to = lay(at);
  for (const [x, y] of [[0, 0], [640.5, 333.3], [WIDTH, HEIGHT]] as const) {
    const found = toImage(screenPoint((x - to.left) / to.scaleX, (y - to.top) / to.scaleY), to.at);
    const wanted = toImage(screenPoint(x, y), at);
    expect(found.x).toBeCloseTo(wanted.x, 6);
    expect(found.y).toBeCloseTo(wanted.y, 6);
  }
});

test.each(ALL)("the canvas covers what can be seen of the image, and no more: %s", (_, at) => {
  const to = lay(at);
  const seen = (edge: number, length: number, size: number): [number, number] => [
    Math.max(Math.min(edge, edge + length), 0),
    Math.min(Math.max(edge, edge + length), size),
  ];
  const [left, right] = seen(at.e, at.a * COLS + at.b * ROWS, WIDTH);
  const [top, bottom] = seen(at.f, at.c * COLS + at.d * ROWS, HEIGHT);
  for (const [start, size, scale, from, until] of [[to.left, to.width, to.scaleX, left, right], [to.top, to.height, to.scaleY, top, bottom]]) {
    expect(start).toBeLessThanOrEqual(from + 1e-4);
    expect(start).toBeGreaterThan(from - scale);
    expect(start + size * scale).toBeGreaterThanOrEqual(until - 1e-4);
    expect(start + size * scale).toBeLessThan(until + scale);
  }
});

test.each(ENLARGED)("where the image is enlarged, its pixels are those of the canvas: %s", (_, at) => {
  const { e, f, ...turn } = lay(at).at;
  for (const edge of [e, f]) expect(edge).toBeCloseTo(Math.round(edge), 9);
  for (const part of Object.values(turn)) expect([0, 1]).toContain(Math.round(Math.abs(part) * 1e9) / 1e9);
});

test("at one to one and shrunk, the canvas' pixels are those of the screen", () => {
  for (const at of [upright(1, 40.25, 220), upright(0.37, 500.4, 300.6)]) {
    const { left, top, scaleX, scaleY } = lay(at);
    expect([left % 1, top % 1, scaleX, scaleY]).toEqual([0, 0, 1, 1]);
  }
});

test("out of sight there is still a canvas, and aslant there is none of this", () => {
  expect(lay(upright(2, 5000, 5000))).toMatchObject({ width: 1, height: 1 });
  expect(stretched({ a: 2, b: 0.1, c: -0.1, d: 2, e: 0, f: 0 }, ROWS, COLS, WIDTH, HEIGHT)).toBeNull();
});
