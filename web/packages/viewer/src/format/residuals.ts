// Undoing the prediction of docs/web-format.md: zigzag residuals become samples, in place of a
// general codec's entropy stage, which the browser's own gzip has already done.

/** 8-bit samples of one component from `from` in `body`. */
export function decodePlane8(body: Uint8Array, from: number, rows: number, cols: number, out: Uint8Array): void {
  for (let y = 0, i = 0; y < rows; y++) {
    let left = 0;
    let corner = 0;
    for (let x = 0; x < cols; x++, i++) {
      const z = body[from + i];
      const residual = (z >>> 1) ^ -(z & 1);
      const above = y ? out[i - cols] : 0;
      const predicted = y === 0 ? left : x === 0 ? above : med(left, above, corner);
      const value = (predicted + residual) & 0xff;
      out[i] = value;
      left = value;
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
    let corner = out[i - cols];
    let z = (body[from + i] << 8) | body[low + i];
    left = (corner + ((z >>> 1) ^ -(z & 1))) & 0xffff;
    out[i++] = left;
    for (const end = i + cols - 1; i < end; i++) {
      const above = out[i - cols];
      z = (body[from + i] << 8) | body[low + i];
      let predicted: number;
      if (left > above) predicted = corner >= left ? above : corner <= above ? left : left + above - corner;
      else predicted = corner >= above ? left : corner <= left ? above : left + above - corner;
      left = (predicted + ((z >>> 1) ^ -(z & 1))) & 0xffff;
      out[i] = left;
      corner = above;
    }
  }
}

function med(left: number, above: number, corner: number): number {
  const high = left > above ? left : above;
  const low = left > above ? above : left;
  return corner >= high ? low : corner <= low ? high : left + above - corner;
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
