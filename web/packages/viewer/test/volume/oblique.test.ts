import { expect, test } from "vitest";
import { add, dot, planeOf, toPatient, turnedAbout, type Vec3 } from "../../src/view/planes";
import { imagePoint } from "../../src/view/points";
import { turnedBasis, type Basis } from "../../src/volume/cutter";
import { ObliqueCutter } from "../../src/volume/oblique";
import { PlaneSource } from "../../src/volume/planes";
import type { Volume } from "../../src/volume/volume";
import { seriesEntry } from "../support/entry";

const COUNTS = [24, 20, 16] as const;
const MM = [1, 1.5, 2] as const;
const ORIGIN: Vec3 = [-10, 4, 30];
/** A value that grows evenly in every direction: any weighted mean of neighbours is exact. */
const field = ([x, y, z]: Vec3): number => 4000 + 40 * x - 24 * y + 16 * z;

function volume(): Volume {
  const data = new Uint16Array(COUNTS[0] * COUNTS[1] * COUNTS[2]);
  for (let i = 0, at = 0; i < COUNTS[2]; i++)
    for (let j = 0; j < COUNTS[1]; j++)
      for (let k = 0; k < COUNTS[0]; k++) data[at++] = Math.round(field([ORIGIN[0] + k * MM[0], ORIGIN[1] + j * MM[1], ORIGIN[2] + i * MM[2]]));
  const axes = [[1, 0, 0], [0, 1, 0], [0, 0, 1]].map((direction, n) => ({
    count: COUNTS[n], mm: MM[n], direction: direction as unknown as Vec3, stride: [1, COUNTS[0], COUNTS[0] * COUNTS[1]][n],
  })); // prettier-ignore
  const entry = seriesEntry(COUNTS[2], { intercept: 0, slope: 1, unit: "" });
  return { entry, data, signed: false, bitsStored: 16, slope: 1, intercept: 0, axes: axes as Volume["axes"], origin: ORIGIN };
}

const AXIAL: Basis = { right: [1, 0, 0], down: [0, 1, 0], through: [0, 0, 1] };
const AXIS: Vec3 = [0.6, 0.8, 0];
const turned = turnedBasis(AXIAL, AXIS, 0.4);
const inside = (p: Vec3): boolean => p.every((value, n) => value > ORIGIN[n] && value < ORIGIN[n] + (COUNTS[n] - 1) * MM[n]);

test("turning keeps lengths and right angles, by the right hand", () => {
  expect(turnedAbout([1, 0, 0], [0, 0, 1], Math.PI / 2).map((v) => Math.round(v * 1e9) / 1e9 + 0)).toEqual([0, 1, 0]);
  const { right, down, through } = turned;
  for (const [a, b, product] of [[right, right, 1], [right, down, 0], [down, through, 0], [through, AXIS, 0]] as [Vec3, Vec3, number][]) expect(dot(a, b)).toBeCloseTo(product, 12); // prettier-ignore
});

test("every pixel of an oblique plane is the field at its place in the patient", () => {
  const source = new PlaneSource(volume(), "axial");
  source.turnTo(turned, [0, 12, 44]);
  let seen = 0;
  for (const index of [3, Math.floor(source.entry.count / 2)]) {
    const plane = planeOf(source.entry, index)!;
    const { pixels, rows, cols } = source.frameAt(index)!;
    expect([plane.rowMm, plane.colMm]).toEqual([1, 1]);
    for (let row = 0; row < rows; row++) {
      for (let col = 0; col < cols; col++) {
        const place = toPatient(plane, imagePoint(col + 0.5, row + 0.5));
        if (!inside(place)) continue;
        seen++;
        expect(Math.abs(pixels[row * cols + col] - field(place))).toBeLessThanOrEqual(0.5001);
      }
    }
  }
  expect(seen).toBeGreaterThan(300);
});

test("one of the planes goes through the point, and the volume lies in them all", () => {
  const point: Vec3 = [1.3, 12.7, 44.4];
  const cutter = new ObliqueCutter(volume(), turned, point);
  const off = dot(add(point, cutter.originOf(0), -1), turned.through) / cutter.stepMm;
  expect(off - Math.round(off)).toBeCloseTo(0, 9);
  const reach = (v: Vec3): number => v.reduce((sum, value, n) => sum + Math.abs(value) * COUNTS[n] * MM[n], 0);
  expect(cutter.count * cutter.mm).toBeGreaterThan(reach(turned.through) - 2);
  expect([cutter.cols, cutter.rows]).toEqual([Math.ceil(reach(turned.right)), Math.ceil(reach(turned.down))]);
});

test("a thick oblique slab: largest, smallest and mean of its planes", () => {
  const cutter = new ObliqueCutter(volume(), turned, [0, 12, 44]);
  const middle = Math.floor(cutter.count / 2);
  const at = Math.floor(cutter.rows / 2) * cutter.cols + Math.floor(cutter.cols / 2);
  const planes = [-2, -1, 0, 1, 2].map((n) => cutter.cut(middle + n, { mode: "max", mm: 0 })[at]);
  const slab = (mode: "max" | "min" | "mean"): number => cutter.cut(middle, { mode, mm: 4 })[at];
  expect(new Set(planes).size).toBe(5);
  expect([slab("max"), slab("min")]).toEqual([Math.max(...planes), Math.min(...planes)]);
  expect(Math.abs(slab("mean") - planes.reduce((sum, v) => sum + v) / 5)).toBeLessThanOrEqual(1);
});

test("turned back, the planes are voxels again; turned, they have a name of their own", () => {
  const source = new PlaneSource(volume(), "coronal");
  const [id, first] = [source.entry.id, [...source.frameAt(7)!.pixels]];
  const home = source.basis;
  source.turnTo(turnedBasis(home, AXIS, 0.2), [0, 12, 44]);
  expect(source.entry.id).not.toBe(id);
  expect(source.entry.description).toContain("斜切");
  source.turnTo(turnedBasis(home, AXIS, 0), [0, 12, 44]);
  expect([source.entry.id, [...source.frameAt(7)!.pixels]]).toEqual([id, first]);
  source.turnTo(turnedBasis(home, AXIS, 0.2), [0, 12, 44]);
  source.straighten();
  expect(source.entry.id).toBe(id);
});

test("outside of the volume is air, or nothing", () => {
  const one = volume();
  const corner = (made: Volume): number => new ObliqueCutter(made, turned, [0, 12, 44]).cut(0, { mode: "mean", mm: 0 })[0];
  expect(corner(one)).toBe(0);
  expect(corner({ ...one, intercept: -1024, entry: { ...one.entry, unit: "HU" } })).toBe(24);
});
