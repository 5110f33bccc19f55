// Undoing the prediction of docs/web-format.md: zigzag residuals become samples, in place of a
// general codec's entropy stage, which the browser's own gzip has already done.

// The predictor is the median of left, above and left + above - corner. Its comparisons are as good as
// random on noise, so it is written without a branch, as two clamps by sign masks: twice as fast.

/** 8-bit samples of one component from `from` in `body`. */
export function decodePlane8(body: Uint8Array, from: number, rows: number, cols: number, out: Uint8Array): void {
  let left = 0;
  for (let i = 0; i < cols && rows; i++) {
    const z = body[from + i];
    left = (left + ((z >>> 1) ^ -(z & 1))) & 0xff;
    out[i] = left;
  }
  for (let y = 1, i = cols; y < rows; y++) {
    let corner = out[i - cols] | 0;
    let z = body[from + i];
    left = (corner + ((z >>> 1) ^ -(z & 1))) & 0xff;
    out[i++] = left;
    for (const end = i + cols - 1; i < end; i++) {
      const above = out[i - cols] | 0;
      z = body[from + i];
      left = (med(left, above, corner) + ((z >>> 1) ^ -(z & 1))) & 0xff;
      out[i] = left;
      corner = above;
    }
  }
}

/** 16-bit samples: all high bytes from `from`, then all low bytes. */
export function decodePlane16(body: Uint8Array, from: number, rows: number, cols: number, out: Uint16Array): void {
  const low = from + rows * cols;
  let left = 0;
  for (let i = 0; i < cols && rows; i++) {
    const z = (body[from + i] << 8) | body[low + i];
    left = (left + ((z >>> 1) ^ -(z & 1))) & 0xffff;
    out[i] = left;
  }
  for (let y = 1, i = cols; y < rows; y++) {
    let corner = out[i - cols] | 0;
    let z = (body[from + i] << 8) | body[low + i];
    left = (corner + ((z >>> 1) ^ -(z & 1))) & 0xffff;
    out[i++] = left;
    for (const end = i + cols - 1; i < end; i++) {
      const above = out[i - cols] | 0;
      z = (body[from + i] << 8) | body[low + i];
      left = (med(left, above, corner) + ((z >>> 1) ^ -(z & 1))) & 0xffff;
      out[i] = left;
      corner = above;
    }
  }
}

function med(left: number, above: number, corner: number): number {
  const apart = left - above;
  const less = apart & (apart >> 31);
  const least = above + less;
  const most = left - less;
  let p = (least + most - corner) | 0;
  const under = p - least;
  p -= under & (under >> 31);
  const over = most - p;
  return p + (over & (over >> 31));
}

/** Three decoded planes (G, R-G, B-G) become interleaved RGB. */
export function joinColour(green: Uint8Array, red: Uint8Array, blue: Uint8Array): Uint8Array {
  const out = new Uint8Array(green.length * 3);
  for (let i = 0, o = 0; i < green.length; i++) {
    const g = green[i];
    out[o++] = red[i] + g;
    out[o++] = g;
    out[o++] = blue[i] + g;
  }
  return out;
}
