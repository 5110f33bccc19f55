import { expect, test } from "vitest";
import { decodeFrame } from "../../src/format/frame";
import { readLayers } from "../../src/format/layers";
import { plainLook } from "../../src/render/device";
import { coverOf, shownLayers } from "../../src/render/layers";
import { writeFrame } from "../support/encode";

/** One record: kind, grey, top, left, rows, cols, bits. */
const record = (kind: number, grey: number, [top, left, rows, cols]: number[], bits: number[]): number[] => [kind, grey, top, 0, left, 0, rows, 0, cols, 0, ...bits];
const two = [2, ...record(0, 90, [0, 0, 2, 5], [0b11111, 0b10]), ...record(1, 255, [1, 2, 1, 3], [0b101])];

test("planes are laid one over the other where they belong", () => {
  const layers = readLayers(new Uint8Array(two), 3, 5);
  expect(layers.map((one) => one.kind)).toEqual(["shutter", "overlay"]);
  const cover = coverOf(layers, 3, 5);
  // row 0: five hidden; row 1: bits 5..9 of the shutter are 0,0,0,0,1; then overlay bits 1,0,1 from column 2
  expect([...cover]).toEqual([346, 346, 346, 346, 346, 0, 0, 511, 0, 511, 0, 0, 0, 0, 0]);
});

test("a frame brings its layers, each with memory of its own", () => {
  const plain = new Uint8Array(writeFrame(Array.from({ length: 15 }, (_, i) => i), { rows: 3, cols: 5 }));
  const body = new Uint8Array([...plain, ...two]);
  body[12] = two.length;
  const frame = decodeFrame(body.buffer);
  expect(frame.layers).toHaveLength(2);
  expect(frame.layers![0].bits.buffer.byteLength).toBe(2);
  expect(shownLayers(frame, { ...plainLook(), hasShutter: false }).map((one) => one.kind)).toEqual(["overlay"]);
  expect(decodeFrame(plain.buffer).layers).toBeUndefined();
});

test.each([
  ["a plane beyond the frame", [1, ...record(1, 255, [2, 2, 2, 3], [1])]],
  ["bits that end too soon", [1, ...record(1, 255, [0, 0, 3, 5], [1])]],
  ["a record that ends too soon", [1, 0, 0, 0]],
  ["more than was counted", [...two, 0]],
])("%s is refused", (_, bytes) => {
  expect(() => readLayers(new Uint8Array(bytes), 3, 5)).toThrow("frame_layers");
});
