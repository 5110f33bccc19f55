import type { Frame } from "../format/frame";
import type { Layer } from "../format/layers";
import type { Look } from "./device";

/** The layers of a frame that the reader wants to see. */
export const shownLayers = ({ layers = [] }: Frame, look: Look): Layer[] => layers.filter((layer) => (layer.kind === "shutter" ? look.hasShutter : look.hasOverlays));

/** Calls `cover` for every pixel under a layer, the lowest layer first. */
export function eachCovered(layers: Layer[], cols: number, cover: (at: number, grey: number) => void): void {
  for (const layer of layers) {
    const { bits, grey, rows } = layer;
    for (let row = 0, bit = 0; row < rows; row++) {
      const start = (layer.top + row) * cols + layer.left;
      for (let col = 0; col < layer.cols; col++, bit++) if ((bits[bit >> 3] >> (bit & 7)) & 1) cover(start + col, grey);
    }
  }
}

/** One word a pixel: 0 where nothing lies over it, else 256 + the grey that does. */
export function coverOf(layers: Layer[], rows: number, cols: number): Uint16Array {
  const out = new Uint16Array(rows * cols);
  eachCovered(layers, cols, (at, grey) => (out[at] = 256 + grey));
  return out;
}
