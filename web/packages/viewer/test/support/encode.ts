// A second writing of docs/web-format.md, so that a mistake of the decoder cannot hide in it.

const predict = (a: number, b: number, c: number): number => (c >= Math.max(a, b) ? Math.min(a, b) : c <= Math.min(a, b) ? Math.max(a, b) : a + b - c);

/** Zigzag residuals of unsigned patterns of `bits` bits. */
export function residuals(x: number[], cols: number, bits: number): number[] {
  const mask = 2 ** bits - 1;
  return x.map((value, i) => {
    const [row, col] = [Math.floor(i / cols), i % cols];
    const p = i === 0 ? 0 : row === 0 ? x[i - 1] : col === 0 ? x[i - cols] : predict(x[i - 1], x[i - cols], x[i - cols - 1]);
    let d = (value - p) & mask;
    if (d > mask >> 1) d -= mask + 1;
    return (d < 0 ? -2 * d - 1 : 2 * d) & mask;
  });
}

export interface Written {
  rows: number;
  cols: number;
  samples?: number;
  size?: number;
  bits?: number;
  signed?: boolean;
}

export function header({ rows, cols, samples = 1, size = 2, bits = 16, signed = false }: Written): number[] {
  return [0x43, 0x46, 0x46, 0x31, Number(signed), samples, size, bits, rows & 255, rows >> 8, cols & 255, cols >> 8, 0, 0, 0, 0];
}

/** A whole frame body of grey values. */
export function writeFrame(values: number[], shape: Written): ArrayBuffer {
  const { cols, size = 2, signed = false } = shape;
  const bits = 8 * size;
  const half = 2 ** (bits - 1);
  const z = residuals(values.map((v) => (signed ? (v + half) & (2 ** bits - 1) : v)), cols, bits);
  const planes = size === 1 ? z : [...z.map((v) => v >> 8), ...z.map((v) => v & 255)];
  return new Uint8Array([...header(shape), ...planes]).buffer;
}

export function writeColour(rgb: number[][], rows: number, cols: number): ArrayBuffer {
  const planes = [rgb.map(([, g]) => g), rgb.map(([r, g]) => (r - g) & 255), rgb.map(([, g, b]) => (b - g) & 255)];
  const body = planes.flatMap((plane) => residuals(plane, cols, 8));
  return new Uint8Array([...header({ rows, cols, samples: 3, size: 1, bits: 8 }), ...body]).buffer;
}

/** A preview pack of grey pictures: [index, values]. */
export function writePreview(pictures: [number, number[]][], rows: number, cols: number): Uint8Array {
  const u16 = (n: number): number[] => [n & 255, n >> 8];
  const head = [0x43, 0x46, 0x50, 0x31, ...u16(pictures.length), ...u16(rows), ...u16(cols), 1, 0, 0, 0, 0, 0];
  return new Uint8Array([...head, ...pictures.flatMap(([index, values]) => [...u16(index), ...residuals(values, cols, 8)])]);
}

/** Numbers that look random and are always the same. */
export function noise(count: number, limit: number, seed = 1): number[] {
  let state = seed;
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  });
}
