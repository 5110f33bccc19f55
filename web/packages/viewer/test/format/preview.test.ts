import { expect, test } from "vitest";
import { FormatError } from "../../src/format/errors";
import { PreviewReader } from "../../src/format/preview";
import { noise, writePreview } from "../support/encode";

const pictures: [number, number[]][] = [2, 0, 1].map((index) => [index, noise(12, 256, index + 5)]);

test.each([1, 7, 13, 1000])("pictures come whole however the bytes are cut (%i at a time)", (step) => {
  const pack = writePreview(pictures, 3, 4);
  const reader = new PreviewReader();
  const found: [number, number[]][] = [];
  for (let at = 0; at < pack.length; at += step) {
    expect(reader.isComplete).toBe(false);
    for (const { index, pixels } of reader.feed(pack.subarray(at, at + step))) found.push([index, [...pixels]]);
  }
  expect(found).toEqual(pictures);
  expect(reader.isComplete).toBe(true);
});

test("damaged frames have no record, so an index may exceed the count", () => {
  const found = new PreviewReader().feed(writePreview([[40, noise(4, 256)]], 2, 2));
  expect(found.map((p) => p.index)).toEqual([40]);
});

test("bytes after the last record are not pictures", () => {
  const reader = new PreviewReader();
  reader.feed(writePreview(pictures, 3, 4));
  expect(reader.feed(new Uint8Array(100))).toEqual([]);
});

test.each([
  ["magic", 0, "preview_magic"],
  ["samples", 10, "preview_shape"],
  ["rows", 6, "preview_shape"],
])("a wrong %s is refused", (_, at, code) => {
  const pack = writePreview(pictures, 3, 4);
  pack[at] = 0;
  expect(() => new PreviewReader().feed(pack)).toThrow(new FormatError(code));
});

test("a size that no preview has is refused before memory is asked for", () => {
  const pack = writePreview(pictures, 3, 4);
  pack.set([255, 255, 255, 255], 6);
  expect(() => new PreviewReader().feed(pack)).toThrow("preview_shape");
});
