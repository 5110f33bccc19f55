import { FormatError } from "./errors";
import { readLayers, type Layer } from "./layers";
import { decodePlane16, decodePlane8, joinColour } from "./residuals";

export type Pixels = Uint8Array | Int8Array | Uint16Array | Int16Array;

/** Stored values of one frame, exactly as the scanner made them. RGB is interleaved. */
export interface Frame {
  rows: number;
  cols: number;
  samples: 1 | 3;
  bitsStored: number;
  signed: boolean;
  pixels: Pixels;
  /** What lies over the pixels, the lowest first; left out where nothing does. */
  layers?: Layer[];
}

const HEADER = 16;
const MAX_SIDE = 65535;

/** Decode a frame body (`CFF1`). Throws FormatError. */
export function decodeFrame(buffer: ArrayBuffer): Frame {
  if (buffer.byteLength < HEADER) throw new FormatError("frame_too_short");
  const view = new DataView(buffer);
  if (view.getUint32(0, false) !== 0x43464631) throw new FormatError("frame_magic");
  const signed = (view.getUint8(4) & 1) === 1;
  const samples = view.getUint8(5);
  const size = view.getUint8(6);
  const bitsStored = view.getUint8(7);
  const rows = view.getUint16(8, true);
  const cols = view.getUint16(10, true);
  if ((samples !== 1 && samples !== 3) || (size !== 1 && size !== 2) || (samples === 3 && size === 2)) {
    throw new FormatError("frame_shape");
  }
  if (!rows || !cols || rows > MAX_SIDE || cols > MAX_SIDE) throw new FormatError("frame_size");
  const end = HEADER + rows * cols * samples * size;
  if (buffer.byteLength !== end + view.getUint32(12, true)) throw new FormatError("frame_length");
  const body = new Uint8Array(buffer);
  const pixels = samples === 3 ? colour(body, rows, cols) : size === 2 ? deep(body, rows, cols, signed) : shallow(body, rows, cols, signed);
  const frame = { rows, cols, samples, bitsStored, signed, pixels } as const;
  return end === body.length ? frame : { ...frame, layers: readLayers(body.subarray(end), rows, cols) };
}

function colour(body: Uint8Array, rows: number, cols: number): Uint8Array {
  const planes = [0, 1, 2].map((n) => {
    const out = new Uint8Array(rows * cols);
    decodePlane8(body, HEADER + n * rows * cols, rows, cols, out);
    return out;
  });
  return joinColour(planes[0], planes[1], planes[2]);
}

function deep(body: Uint8Array, rows: number, cols: number, signed: boolean): Pixels {
  const out = new Uint16Array(rows * cols);
  decodePlane16(body, HEADER, rows, cols, out);
  if (!signed) return out;
  for (let i = 0; i < out.length; i++) out[i] ^= 0x8000;
  return new Int16Array(out.buffer);
}

function shallow(body: Uint8Array, rows: number, cols: number, signed: boolean): Pixels {
  const out = new Uint8Array(rows * cols);
  decodePlane8(body, HEADER, rows, cols, out);
  if (!signed) return out;
  for (let i = 0; i < out.length; i++) out[i] ^= 0x80;
  return new Int8Array(out.buffer);
}
