import { expect, test } from "vitest";
import { fromStored, toStored } from "../../src/keeping/stored";
import { imagePoint } from "../../src/view/points";
import { seriesEntry } from "../support/entry";

test("a mark follows its file, wherever late slices put it", () => {
  const entry = seriesEntry(5);
  const mark = { id: 3, uid: "u", kind: "length" as const, series: entry.id, index: 2, points: [imagePoint(1.23456, -0), imagePoint(3, 4)], text: "" };
  const stored = toStored(mark, entry)!;
  expect(stored.points).toEqual([[1.235, 0], [3, 4]]); // prettier-ignore
  const later = { ...entry, count: 6, frames: { ...entry.frames!, sop_instance_uid: { ...entry.frames!.sop_instance_uid } } };
  later.frames.sop_instance_uid.rest = ["0", ...later.frames.sop_instance_uid.rest];
  expect(fromStored(stored, later)).toMatchObject({ index: 3, uid: "u", kind: "length" });
});

test("a mark on a rebuilt plane is kept in millimetres of the patient and waits for its volume", () => {
  const entry = seriesEntry(5);
  const views = [1, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, -1, 1, 0, 0, 0, 0, -1];
  const plane = { name: "coronal" as const, views, point: [4, 5, 6.5] as const, grid: { middle: imagePoint(10, 20), rowMm: 2, colMm: 0.5 } };
  const mark = { id: 1, uid: "u", kind: "length" as const, series: `${entry.id}~coronal`, index: 3, points: [imagePoint(12, 21), imagePoint(10, 20)], text: "", plane };
  const stored = toStored(mark, entry)!;
  expect(stored).toMatchObject({ series: entry.id, frame: 1, points: [[1, 2], [0, 0]], plane: { name: "coronal", views, point: [4, 5, 6.5] } }); // prettier-ignore
  expect(stored.plane).not.toHaveProperty("grid");
  const found = fromStored(stored, entry)!;
  expect(found).toMatchObject({ series: `${entry.id}~coronal`, index: -1, points: [{ x: 1, y: 2 }, { x: 0, y: 0 }] }); // prettier-ignore
  expect(toStored({ ...found, id: 1 }, entry)).toEqual(stored); // not built here: saved as it came
});

test("what has no place is not drawn: another file, a series that waits, a kind of the future", () => {
  const entry = seriesEntry(2);
  const stored = toStored({ id: 1, uid: "u", kind: "probe", series: entry.id, index: 0, points: [imagePoint(1, 1)], text: "" }, entry)!;
  expect(fromStored({ ...stored, sop_instance_uid: "9.9" }, entry)).toBeNull();
  expect(fromStored({ ...stored, frame: 2 }, entry)).toBeNull();
  expect(fromStored(stored, { ...entry, frames: null })).toBeNull();
  expect(fromStored({ ...stored, kind: "hologram" as never }, entry)).toBeNull();
  expect(toStored({ id: 1, uid: "u", kind: "probe", series: "plane", index: 0, points: [], text: "" }, undefined)).toBeNull();
});
