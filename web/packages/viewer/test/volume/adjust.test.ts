import { expect, test } from "vitest";
import type { Vec3 } from "../../src/view/planes";
import { cropBox, edited } from "../../src/volume/adjust";
import type { Volume } from "../../src/volume/volume";

const none = { right: 0, left: 0, front: 0, back: 0, foot: 0, head: 0 };
/** Columns to the left, rows to the foot (a coronal series), slices to the front. */
const axes = ([[1, 0, 0], [0, 0, -1], [0, -1, 0]] as Vec3[]).map((direction) => ({ count: 10, mm: 1, direction, stride: 1 }));
const coronal = { axes } as unknown as Volume;

test("what is cut from a side of the patient goes there, however the series was taken", () => {
  expect(cropBox(coronal, none)).toEqual({ low: [0, 0, 0], high: [1, 1, 1] });
  expect(cropBox(coronal, { ...none, left: 0.25, head: 0.5, front: 0.125 })).toEqual({ low: [0, 0.5, 0], high: [0.75, 1, 0.875] });
  expect(cropBox(coronal, { ...none, right: 0.25, foot: 0.5, back: 0.125 })).toEqual({ low: [0.25, 0, 0.125], high: [1, 0.5, 1] });
});

test("values are moved, opacities multiplied and never above one", () => {
  const preset = { id: "bone", name: "骨骼", stops: [[100, 1, 2, 3, 0.1], [400, 4, 5, 6, 0.9]] as [number, number, number, number, number][] };
  const made = edited(preset, 50, 2);
  expect(made.stops).toEqual([[150, 1, 2, 3, 0.2], [450, 4, 5, 6, 1]]); // prettier-ignore
  expect(made.id).not.toBe(edited(preset, 51, 2).id);
});
