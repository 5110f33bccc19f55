import { describe, expect, test } from "vitest";
import { FormatError } from "../../src/format/errors";
import { decodeFrame } from "../../src/format/frame";
import { header, noise, writeColour, writeFrame } from "../support/encode";

const codeOf = (body: ArrayBuffer): string => {
  try {
    decodeFrame(body);
  } catch (error) {
    return error instanceof FormatError ? error.code : `other: ${String(error)}`;
  }
  return "";
};

describe("a frame body", () => {
  test.each([
    [1, 1],
    [1, 9],
    [9, 1],
    [7, 5],
    [16, 33],
  ])("gives back every 16-bit value of %i x %i", (rows, cols) => {
    const values = noise(rows * cols, 65536, rows * 100 + cols);
    const frame = decodeFrame(writeFrame(values, { rows, cols }));
    expect(frame).toMatchObject({ rows, cols, samples: 1, bitsStored: 16, signed: false });
    expect([...frame.pixels]).toEqual(values);
  });

  test("keeps signed values", () => {
    const values = noise(48, 65536).map((v) => v - 32768);
    const frame = decodeFrame(writeFrame(values, { rows: 6, cols: 8, signed: true }));
    expect(frame.pixels).toBeInstanceOf(Int16Array);
    expect([...frame.pixels]).toEqual(values);
  });

  test("keeps 8-bit values, signed and unsigned", () => {
    const values = noise(35, 256);
    expect([...decodeFrame(writeFrame(values, { rows: 5, cols: 7, size: 1, bits: 8 })).pixels]).toEqual(values);
    const signed = decodeFrame(writeFrame(values.map((v) => v - 128), { rows: 5, cols: 7, size: 1, bits: 8, signed: true }));
    expect([...signed.pixels]).toEqual(values.map((v) => v - 128));
  });

  test("keeps colour", () => {
    const rgb = Array.from({ length: 20 }, (_, i) => noise(3, 256, i + 1));
    expect([...decodeFrame(writeColour(rgb, 4, 5)).pixels]).toEqual(rgb.flat());
  });

  test("the known example of the format's page", () => {
    const body = new Uint8Array([...header({ rows: 2, cols: 2, size: 1, bits: 8 }), 20, 4, 1, 0]).buffer;
    expect([...decodeFrame(body).pixels]).toEqual([10, 12, 9, 11]);
  });
});

describe("a damaged frame body", () => {
  const good = (): Uint8Array => new Uint8Array(writeFrame(noise(12, 65536), { rows: 3, cols: 4 }));
  const changed = (at: number, value: number): ArrayBuffer => {
    const body = good();
    body[at] = value;
    return body.buffer as ArrayBuffer;
  };

  test.each([
    ["nothing at all", new ArrayBuffer(0), "frame_too_short"],
    ["half a header", good().slice(0, 9).buffer, "frame_too_short"],
    ["another magic", changed(0, 0x44), "frame_magic"],
    ["two samples", changed(5, 2), "frame_shape"],
    ["no bytes a sample", changed(6, 0), "frame_shape"],
    ["deep colour", changed(5, 3), "frame_shape"],
    ["no rows", changed(8, 0), "frame_size"],
    ["more rows than bytes", changed(9, 200), "frame_length"],
    ["a cut body", good().slice(0, -1).buffer, "frame_length"],
    ["a byte too many", new Uint8Array([...good(), 0]).buffer, "frame_length"],
  ])("%s is refused", (_, body, code) => {
    expect(codeOf(body as ArrayBuffer)).toBe(code);
  });

  test("never throws anything else", () => {
    for (let seed = 1; seed < 400; seed++) {
      const body = new Uint8Array(noise(16 + (seed % 40), 256, seed));
      if (seed % 2) body.set([0x43, 0x46, 0x46, 0x31]);
      expect(codeOf(body.buffer)).toMatch(/^frame_|^$/);
    }
  });
});
