import { describe, expect, test } from "vitest";
import { cutLine, distanceTo, fromPatient, nearestFrame, planeOf, toPatient } from "../../src/view/planes";
import { imagePoint } from "../../src/view/points";
import { isSameSpace, linkedIndex } from "../../src/view/link";
import type { FrameSource } from "../../src/loading/source";
import type { SeriesEntry } from "../../src/format/manifest";
import { seriesEntry } from "../support/entry";

/** 11 axial slices of 100 x 80, 3 mm apart, pixels 2 mm high and 0.5 mm wide. */
const axial = seriesEntry(11, { rows: 100, cols: 80, spacing: [2, 0.5] });
axial.frames!.position = Array.from({ length: 11 }, (_, i) => [-20, -100, 3 * i]);
/** One coronal image through y = 0. */
const coronal = seriesEntry(1, { id: "c", rows: 40, cols: 40, spacing: [1, 1], orientation: [1, 0, 0, 0, 0, -1] });
coronal.frames!.position = [[-20, 0, 35]];

const source = (entry: SeriesEntry): FrameSource => ({ entry, problems: new Map(), frameAt: () => undefined, previewNear: () => null, moveTo: () => undefined });

test("points of image and patient go to and fro", () => {
  const plane = planeOf(axial, 4)!;
  expect(toPatient(plane, imagePoint(0.5, 0.5))).toEqual([-20, -100, 12]);
  expect(toPatient(plane, imagePoint(10.5, 20.5))).toEqual([-15, -60, 12]);
  expect(fromPatient(plane, [-15, -60, 99])).toMatchObject({ x: 10.5, y: 20.5 });
  expect(distanceTo(plane, [0, 0, 20])).toBeCloseTo(8);
});

test("no plane where position, orientation or spacing is missing", () => {
  expect(planeOf(seriesEntry(1, { spacing: null }), 0)).toBeNull();
  expect(planeOf(seriesEntry(1, { orientation: null }), 0)).toBeNull();
  expect(planeOf(seriesEntry(1, { state: "waiting", frames: null }), 0)).toBeNull();
});

test("the nearest slice to a point", () => {
  expect(nearestFrame(axial, [0, 0, 13])).toBe(4);
  expect(nearestFrame(axial, [0, 0, 999])).toBe(10);
  expect(nearestFrame(seriesEntry(2, { orientation: null }), [0, 0, 0])).toBeNull();
});

describe("the line where one image cuts another", () => {
  test("right to the pixel, with anisotropic pixels", () => {
    const [a, b] = cutLine(planeOf(axial, 4)!, planeOf(coronal, 0)!)!;
    // y = 0 is 100 mm below the first row of 2 mm; the coronal image spans x = -20.5 .. 19.5 mm
    expect([a.y, b.y]).toEqual([50.5, 50.5]);
    expect([a.x, b.x].sort((p, q) => p - q)).toEqual([-0.5, 79.5]);
  });

  test("and back: an axial slice is a row of the coronal image", () => {
    const [a, b] = cutLine(planeOf(coronal, 0)!, planeOf(axial, 4)!)!;
    expect([a.y, b.y]).toEqual([35 - 12 + 0.5, 35 - 12 + 0.5]);
  });

  test("none between parallel images, none beside the picture", () => {
    expect(cutLine(planeOf(axial, 1)!, planeOf(axial, 4)!)).toBeNull();
    const high = { ...planeOf(axial, 4)!, origin: [-20, -100, 900] as const };
    expect(cutLine(high, planeOf(coronal, 0)!)).toBeNull();
  });
});

describe("linked scrolling", () => {
  const twin = seriesEntry(6, { id: "t", rows: 100, cols: 80, spacing: [2, 0.5] });
  twin.frames!.position = Array.from({ length: 6 }, (_, i) => [-20, -100, 30 - 6 * i]);

  test("by the patient's position, also when the other series runs the other way", () => {
    expect(linkedIndex(source(axial), 0, source(twin))).toBe(5);
    expect(linkedIndex(source(axial), 10, source(twin))).toBe(0);
    expect(linkedIndex(source(axial), 4, source(twin))).toBe(3);
  });

  test("another plane of the same patient stays", () => {
    expect(linkedIndex(source(axial), 3, source(coronal))).toBeNull();
  });

  test("by share of the way where nobody knows positions", () => {
    const a = source(seriesEntry(11, { orientation: null }));
    const b = source(seriesEntry(101, { id: "b", orientation: null }));
    expect(linkedIndex(a, 5, b)).toBe(50);
    expect(linkedIndex(a, 5, source(seriesEntry(1, { orientation: null })))).toBeNull();
  });

  test("an empty frame of reference is not shared", () => {
    const none = source(seriesEntry(1, { frame_of_reference_uid: "" }));
    expect(isSameSpace(none, none)).toBe(false);
  });
});
