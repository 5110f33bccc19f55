import { describe, expect, test } from "vitest";
import type { Frame } from "../../src/format/frame";
import type { SeriesEntry } from "../../src/format/manifest";
import { planeOf, toPatient } from "../../src/view/planes";
import { imagePoint } from "../../src/view/points";
import { PlaneSource } from "../../src/volume/planes";
import { byteVolume } from "../../src/volume/texture";
import { buildVolume } from "../../src/volume/volume";
import { whyNoVolume } from "../../src/volume/why";
import { seriesEntry } from "../support/entry";

const [COLS, ROWS, SLICES] = [5, 4, 6];
/** The value of a voxel tells where it is. */
const valueOf = (col: number, row: number, slice: number): number => col + 10 * row + 100 * slice;

function axial(facts: Partial<SeriesEntry> = {}): SeriesEntry {
  const entry = seriesEntry(SLICES, { rows: ROWS, cols: COLS, spacing: [2, 0.5], intercept: 0, ...facts });
  entry.frames!.position = Array.from({ length: SLICES }, (_, i) => [-1, -3, 10 + 3 * i]);
  return entry;
}

const frameOf = (slice: number): Frame => ({
  rows: ROWS, cols: COLS, samples: 1, bitsStored: 16, signed: false,
  pixels: Uint16Array.from({ length: ROWS * COLS }, (_, i) => valueOf(i % COLS, Math.floor(i / COLS), slice)),
}); // prettier-ignore

const build = (entry = axial(), maxBytes = 1e9) => buildVolume(entry, async (i) => frameOf(i), maxBytes, () => undefined);

describe("which series can be rebuilt", () => {
  test("even, parallel slices", () => {
    expect(whyNoVolume(axial())).toBe("");
  });

  test.each([
    ["colour", (e: SeriesEntry) => void (e.samples = 3), "黑白"],
    ["a single picture", (e: SeriesEntry) => void (e.count = 1), "至少"],
    ["no positions", (e: SeriesEntry) => void (e.frames!.position = null), "没有位置"],
    ["a gap", (e: SeriesEntry) => void (e.frames!.position![4] = [-1, -3, 29]), "不均匀"],
    ["two passes", (e: SeriesEntry) => void (e.frames!.position![1] = [-1, -3, 10]), "同一位置"],
    ["a tilted gantry", (e: SeriesEntry) => e.frames!.position!.forEach((p, i) => (p![1] += i)), "倾斜"],
    ["a slice of another size", (e: SeriesEntry) => void (e.frames!.overrides["2"] = { rows: 9 }), "大小"],
    ["still waiting", (e: SeriesEntry) => void (e.state = "waiting"), "黑白"],
  ])("not %s", (_, change, word) => {
    const entry = axial();
    change(entry);
    expect(whyNoVolume(entry)).toContain(word);
  });
});

describe("planes of a volume", () => {
  test.each(["axial", "coronal", "sagittal"] as const)("every pixel of a %s plane is the voxel that lies there", async (name) => {
    const source = new PlaneSource(await build(), name);
    for (let index = 0; index < source.entry.count; index++) {
      const plane = planeOf(source.entry, index)!;
      const frame = source.frameAt(index)!;
      for (let row = 0; row < frame.rows; row++) {
        for (let col = 0; col < frame.cols; col++) {
          const [x, y, z] = toPatient(plane, imagePoint(col + 0.5, row + 0.5));
          const expected = valueOf(Math.round((x + 1) / 0.5), Math.round((y + 3) / 2), Math.round((z - 10) / 3));
          expect(frame.pixels[row * frame.cols + col]).toBe(expected);
        }
      }
    }
  });

  test("they stand as radiologists look: left at the right, head on top", async () => {
    const volume = await build();
    expect(new PlaneSource(volume, "coronal").entry).toMatchObject({ orientation: [1, 0, 0, 0, 0, -1], spacing: [3, 0.5], rows: 6, cols: 5, count: 4 });
    expect(new PlaneSource(volume, "sagittal").entry).toMatchObject({ spacing: [3, 2], rows: 6, cols: 4, count: 5 });
  });

  test("a series taken in another plane is rebuilt just so", async () => {
    const entry = axial({ orientation: [1, 0, 0, 0, 0, -1] }); // coronal slices, front to back
    entry.frames!.position = Array.from({ length: SLICES }, (_, i) => [-1, 10 + 3 * i, 50]);
    const source = new PlaneSource(await build(entry), "axial");
    expect(source.entry).toMatchObject({ count: ROWS, rows: SLICES, cols: COLS });
    // the lowest axial plane is the last row of the coronal slices
    expect([...source.frameAt(0)!.pixels.subarray(0, 2)]).toEqual([valueOf(0, 3, 0), valueOf(1, 3, 0)]);
  });

  test("slabs: largest, smallest, mean; and what was drawn before is not shown again", async () => {
    const source = new PlaneSource(await build(), "axial");
    const at = (): number => source.frameAt(3)!.pixels[0];
    expect(at()).toBe(300);
    source.slab = { mode: "max", mm: 6 };
    expect(at()).toBe(400);
    source.slab = { mode: "min", mm: 6 };
    expect(at()).toBe(200);
    source.slab = { mode: "mean", mm: 12 };
    expect(source.frameAt(0)!.pixels[0]).toBe(100);
    expect(source.entry).toMatchObject({ slice_thickness_mm: 12, revision: 3 });
  });
});

describe("building", () => {
  test("a slice that cannot be had repeats its neighbour", async () => {
    const volume = await buildVolume(axial(), (i) => (i === 2 ? Promise.reject(new Error("jpeg_truncated")) : Promise.resolve(frameOf(i))), 1e9, () => undefined);
    expect(volume.data[2 * ROWS * COLS]).toBe(100);
  });

  test("no slice at all is an error", async () => {
    await expect(buildVolume(axial(), () => Promise.reject(new Error("x")), 1e9, () => undefined)).rejects.toThrow("no_slices");
  });

  test("slices with a slope of their own are brought to one", async () => {
    const entry = axial();
    entry.frames!.overrides = { "1": { slope: 2 } };
    expect((await build(entry)).data[ROWS * COLS + 1]).toBe(2 * valueOf(1, 0, 1));
  });

  test("a series too large for the device is thinned, and its geometry says so", async () => {
    const volume = await build(axial(), ROWS * COLS * SLICES);
    expect(volume.axes.map((a) => a.count)).toEqual([2, 2, 6]);
    expect(volume.axes[0].mm).toBe(1);
    expect(volume.data[1]).toBe(valueOf(2, 0, 0));
  });
});

test("bytes for the GPU: Hounsfield units from -1024 to 1976, means of blocks", async () => {
  const { data, size, low, high } = byteVolume(await build(), 3);
  expect([size, low, high]).toEqual([[2, 2, 3], -1024, 1976]);
  const mean = (valueOf(0, 0, 0) + valueOf(1, 1, 1)) / 2;
  expect(data[0]).toBe(Math.floor(((mean + 1024) * 255) / 3000 + 0.5));
});
