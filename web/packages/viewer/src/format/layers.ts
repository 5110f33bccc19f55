import { FormatError } from "./errors";

/** What lies over the pixels of a frame: set bits are hidden by a shutter or drawn by an overlay. */
export interface Layer {
  kind: "shutter" | "overlay";
  grey: number;
  top: number;
  left: number;
  rows: number;
  cols: number;
  /** Row by row, the lowest bit of a byte first. */
  bits: Uint8Array;
}

const HEAD = 10;

/** The part of a frame body after its planes. Throws FormatError. */
export function readLayers(body: Uint8Array, rows: number, cols: number): Layer[] {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const layers: Layer[] = [];
  let at = 1;
  for (let n = body[0] ?? 0; n > 0; n--) {
    if (at + HEAD > body.length) throw new FormatError("frame_layers");
    const [top, left, high, wide] = [2, 4, 6, 8].map((offset) => view.getUint16(at + offset, true));
    const size = Math.ceil((high * wide) / 8);
    const end = at + HEAD + size;
    if (top + high > rows || left + wide > cols || end > body.length) throw new FormatError("frame_layers");
    // a copy: a view would take the whole body with it to the other thread
    layers.push({ kind: body[at] ? "overlay" : "shutter", grey: body[at + 1], top, left, rows: high, cols: wide, bits: body.slice(at + HEAD, end) });
    at = end;
  }
  if (at !== Math.max(body.length, 1)) throw new FormatError("frame_layers");
  return layers;
}
