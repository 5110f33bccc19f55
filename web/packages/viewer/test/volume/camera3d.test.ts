import { expect, test } from "vitest";
import { cross, dot } from "../../src/view/planes";
import { frontView, radiusOf, rotated, viewToTexture } from "../../src/volume/camera3d";
import { CT_PRESETS, signalPresets, transferTable } from "../../src/volume/presets";

const axes = [
  { count: 100, mm: 1, direction: [1, 0, 0] as const, stride: 1 },
  { count: 100, mm: 1, direction: [0, 1, 0] as const, stride: 100 },
  { count: 50, mm: 2, direction: [0, 0, 1] as const, stride: 10000 },
] as [never, never, never];
const close = (found: readonly number[], wanted: number[]): void => found.forEach((v, i) => expect(v).toBeCloseTo(wanted[i], 6));

test("the eye stands before the patient, head up", () => {
  const { right, up } = frontView();
  close(cross(right, up), [0, -1, 0]);
});

test("a quarter turn to the right shows the patient's right side", () => {
  const { right, up } = rotated(frontView(), Math.PI / 2, 0);
  close(cross(right, up), [-1, 0, 0]);
  close(up, [0, 0, 1]);
});

test("dragging up shows it from below", () => {
  const { right, up } = rotated(frontView(), 0, Math.PI / 2);
  close(cross(right, up), [0, 0, -1]);
});

test("directions stay square to each other after many turns", () => {
  let camera = frontView();
  for (let i = 0; i < 500; i++) camera = rotated(camera, 0.13, -0.07);
  expect(dot(camera.right, camera.up)).toBeCloseTo(0, 9);
  expect(Math.hypot(...camera.right)).toBeCloseTo(1, 9);
});

test("the middle of the view is the middle of the volume, and millimetres are kept", () => {
  const m = viewToTexture(frontView(), { axes });
  const at = (x: number, y: number, z: number): number[] => [0, 1, 2].map((i) => m[i] * x + m[4 + i] * y + m[8 + i] * z + m[12 + i]);
  close(at(0, 0, 0), [0.5, 0.5, 0.5]);
  close(at(50, 0, 0), [1, 0.5, 0.5]);
  close(at(0, 50, 0), [0.5, 0.5, 1]);
  close(at(0, 0, 50), [0.5, 0, 0.5]); // towards the eye is towards the front
  expect(radiusOf({ axes })).toBeCloseTo(Math.hypot(100, 100, 100) / 2);
});

test("presets: nothing before the first stop, the last colour after the last", () => {
  for (const preset of [...CT_PRESETS, ...signalPresets(0, 1000)]) {
    if (preset.isMip) continue;
    const table = transferTable(preset, -1024, 1976);
    expect([...table.subarray(0, 4)]).toEqual([0, 0, 0, 0]);
    const values = preset.stops.map(([value]) => value);
    expect(values).toEqual([...values].sort((a, b) => a - b));
  }
  const bone = transferTable(CT_PRESETS[0], -1024, 1976);
  expect([...bone.subarray(1020)]).toEqual([255, 250, 240, Math.round(0.9 * 255)]);
});
