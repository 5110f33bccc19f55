import { greyOf, tableKey } from "../view/windows";
import type { Palette } from "./palettes";
import type { Picture } from "./device";
import { eachCovered, shownLayers } from "./layers";

// A picture becomes RGBA pixels without a GPU: one look-up for every stored value there can be.

let lastKey = "";
let lastTable: [Uint8Array, number] = [new Uint8Array(0), 0];

/** Grey 0..255 of every stored value, and where stored value 0 stands in the table. The last one
 * is kept: scrolling a series asks for the same again and again. */
export function windowTable(p: Picture): [Uint8Array, number] {
  const { center, width } = p.window;
  const { BYTES_PER_ELEMENT } = p.frame.pixels;
  const key = [BYTES_PER_ELEMENT, p.frame.signed, p.slope, p.intercept, center, width, p.window.function, tableKey(p.window), p.look.isInverted].join("|");
  if (key !== lastKey) [lastKey, lastTable] = [key, makeTable(p)];
  return lastTable;
}

function makeTable(p: Picture): [Uint8Array, number] {
  const size = 1 << (8 * p.frame.pixels.BYTES_PER_ELEMENT);
  const offset = p.frame.signed ? size / 2 : 0;
  const table = new Uint8Array(size);
  for (let i = 0; i < size; i++) {
    const grey = greyOf((i - offset) * p.slope + p.intercept, p.window);
    table[i] = Math.floor((p.look.isInverted ? 1 - grey : grey) * 255 + 0.5);
  }
  return [table, offset];
}

/** 8-bit grey of every pixel, sharpened when asked for, under what lies over it. */
export function greyPixels(p: Picture): Uint8Array {
  const [table, offset] = windowTable(p);
  const { pixels, rows, cols } = p.frame;
  const plain = new Uint8Array(rows * cols);
  for (let i = 0; i < plain.length; i++) plain[i] = table[pixels[i] + offset];
  const grey = p.look.sharpness ? sharpened(plain, rows, cols, p.look.sharpness) : plain;
  eachCovered(shownLayers(p.frame, p.look), cols, (at, over) => (grey[at] = over));
  return grey;
}

/** Each pixel moves away from the mean of its four neighbours. */
export function sharpened(grey: Uint8Array, rows: number, cols: number, sharpness: number): Uint8Array {
  const out = new Uint8ClampedArray(grey.length);
  for (let y = 0, i = 0; y < rows; y++) {
    const up = y ? -cols : 0;
    const down = y < rows - 1 ? cols : 0;
    for (let x = 0; x < cols; x++, i++) {
      const around = (grey[i + up] + grey[i + down] + grey[x ? i - 1 : i] + grey[x < cols - 1 ? i + 1 : i]) / 4;
      out[i] = grey[i] + sharpness * (grey[i] - around);
    }
  }
  return new Uint8Array(out.buffer);
}

/** Fill `out` (ABGR words, one a pixel). */
export function paint(p: Picture, out: Uint32Array): void {
  if (p.frame.samples === 3) return paintColour(p, out);
  const grey = greyPixels(p);
  const words = paletteWords(p.look.palette);
  for (let i = 0; i < out.length; i++) out[i] = words[grey[i]];
}

function paletteWords(palette: Palette | null): Uint32Array {
  const word = (i: number): number => {
    if (!palette) return 0xff000000 | (i * 0x010101);
    const [r, g, b] = palette.rgb.subarray(i * 3, i * 3 + 3);
    return 0xff000000 | (b << 16) | (g << 8) | r;
  };
  return Uint32Array.from({ length: 256 }, (_, i) => word(i));
}

function paintColour(p: Picture, out: Uint32Array): void {
  const { pixels } = p.frame;
  const flip = p.look.isInverted ? 0xff : 0;
  for (let i = 0, at = 0; i < out.length; i++, at += 3) {
    out[i] = 0xff000000 | ((pixels[at + 2] ^ flip) << 16) | ((pixels[at + 1] ^ flip) << 8) | (pixels[at] ^ flip);
  }
  eachCovered(shownLayers(p.frame, p.look), p.frame.cols, (at, over) => (out[at] = 0xff000000 | (over * 0x010101)));
}
