import { FormatError } from "./errors";
import { decodePlane8, joinColour } from "./residuals";

/** One reduced picture, ready to show: 8-bit grey or RGB. */
export interface PreviewPicture {
  index: number;
  rows: number;
  cols: number;
  samples: 1 | 3;
  pixels: Uint8Array;
}

const HEADER = 16;

/** Reads a preview pack (`CFP1`) as its bytes arrive, coarse to fine. */
export class PreviewReader {
  private pending: Uint8Array = new Uint8Array(0);
  private shape: { count: number; rows: number; cols: number; samples: 1 | 3 } | null = null;
  private seen = 0;

  /** Feed bytes; returns every picture that is whole now. Throws FormatError.
   *
   * An index may exceed the number of records: damaged frames have none. */
  feed(chunk: Uint8Array): PreviewPicture[] {
    this.pending = this.pending.length ? joined(this.pending, chunk) : chunk;
    if (!this.shape && !this.readHeader()) return [];
    const { count, rows, cols, samples } = this.shape!;
    const record = 2 + rows * cols * samples;
    const found: PreviewPicture[] = [];
    let position = 0;
    while (this.seen < count && this.pending.length - position >= record) {
      const index = this.pending[position] | (this.pending[position + 1] << 8);
      found.push({ index, rows, cols, samples, pixels: picture(this.pending, position + 2, rows, cols, samples) });
      position += record;
      this.seen++;
    }
    this.pending = this.pending.subarray(position);
    return found;
  }

  /** Whether every record has come. */
  get isComplete(): boolean {
    return this.shape !== null && this.seen === this.shape.count;
  }

  private readHeader(): boolean {
    if (this.pending.length < HEADER) return false;
    const view = new DataView(this.pending.buffer, this.pending.byteOffset, HEADER);
    if (view.getUint32(0, false) !== 0x43465031) throw new FormatError("preview_magic");
    const samples = view.getUint8(10);
    const shape = { count: view.getUint16(4, true), rows: view.getUint16(6, true), cols: view.getUint16(8, true) };
    if ((samples !== 1 && samples !== 3) || !shape.rows || !shape.cols || shape.rows * shape.cols > 1 << 22) {
      throw new FormatError("preview_shape");
    }
    this.shape = { ...shape, samples };
    this.pending = this.pending.subarray(HEADER);
    return true;
  }
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const out = new Uint8Array(a.length + b.length);
  out.set(a);
  out.set(b, a.length);
  return out;
}

function picture(body: Uint8Array, from: number, rows: number, cols: number, samples: 1 | 3): Uint8Array {
  const planes: Uint8Array[] = [];
  for (let n = 0; n < samples; n++) {
    const out = new Uint8Array(rows * cols);
    decodePlane8(body, from + n * rows * cols, rows, cols, out);
    planes.push(out);
  }
  return samples === 1 ? planes[0] : joinColour(planes[0], planes[1], planes[2]);
}
