import type { Frame } from "../format/frame";

export interface Statistics {
  count: number;
  mean: number;
  /** Of the population. */
  deviation: number;
  min: number;
  max: number;
}

/** Modality values of the pixels whose middle lies in the region; null when there is none.
 *
 * `box` is [left, top, right, bottom] in image points; colour has no statistics. */
export function statisticsIn(
  frame: Frame,
  slope: number,
  intercept: number,
  box: [number, number, number, number],
  isInside: (x: number, y: number) => boolean,
): Statistics | null {
  if (frame.samples !== 1) return null;
  const left = Math.max(Math.floor(box[0]), 0);
  const right = Math.min(Math.ceil(box[2]), frame.cols);
  const bottom = Math.min(Math.ceil(box[3]), frame.rows);
  let count = 0;
  let mean = 0;
  let squares = 0;
  let min = Infinity;
  let max = -Infinity;
  for (let y = Math.max(Math.floor(box[1]), 0); y < bottom; y++) {
    for (let x = left; x < right; x++) {
      if (!isInside(x + 0.5, y + 0.5)) continue;
      const value = frame.pixels[y * frame.cols + x] * slope + intercept;
      count++;
      const away = value - mean;
      mean += away / count;
      squares += away * (value - mean);
      if (value < min) min = value;
      if (value > max) max = value;
    }
  }
  return count ? { count, mean, deviation: Math.sqrt(squares / count), min, max } : null;
}

/** The modality value of the pixel at an image point: one number, or R, G, B; null outside. */
export function valueAt(frame: Frame, slope: number, intercept: number, x: number, y: number): number[] | null {
  const col = Math.floor(x);
  const row = Math.floor(y);
  if (col < 0 || row < 0 || col >= frame.cols || row >= frame.rows) return null;
  const at = (row * frame.cols + col) * frame.samples;
  if (frame.samples === 3) return [...frame.pixels.subarray(at, at + 3)];
  return [frame.pixels[at] * slope + intercept];
}
