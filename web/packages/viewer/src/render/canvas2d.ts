import type { Frame } from "../format/frame";
import type { Placement } from "../view/camera";
import { voiLinear } from "../view/windows";
import type { Picture, RenderDevice } from "./device";

/** Works everywhere: a look-up table in this thread, the browser's own scaling. */
export class Canvas2dDevice implements RenderDevice {
  readonly name = "2d";
  private readonly context: CanvasRenderingContext2D;
  private readonly buffer = document.createElement("canvas");
  private drawnKey = "";

  constructor(private readonly canvas: HTMLCanvasElement) {
    const context = canvas.getContext("2d", { alpha: false });
    if (!context) throw new Error("no_canvas_2d");
    this.context = context;
  }

  resize(widthPx: number, heightPx: number): void {
    this.canvas.width = widthPx;
    this.canvas.height = heightPx;
  }

  draw(picture: Picture | null, at: Placement, rows: number, cols: number): void {
    const c = this.context;
    c.fillStyle = "#000";
    c.fillRect(0, 0, this.canvas.width, this.canvas.height);
    if (!picture) return;
    const key = picture.kind === "exact" ? `${picture.key}|${picture.center}|${picture.width}` : picture.key;
    if (key !== this.drawnKey) {
      this.paint(picture);
      this.drawnKey = key;
    }
    c.imageSmoothingEnabled = true;
    c.imageSmoothingQuality = at.scaleX < 1 ? "high" : "low";
    c.drawImage(this.buffer, at.left, at.top, cols * at.scaleX, rows * at.scaleY);
  }

  dispose(): void {
    this.buffer.width = this.buffer.height = 0;
  }

  private paint(picture: Picture): void {
    const source = picture.kind === "exact" ? picture.frame : picture.picture;
    this.buffer.width = source.cols;
    this.buffer.height = source.rows;
    const context = this.buffer.getContext("2d")!;
    const image = context.createImageData(source.cols, source.rows);
    const out = new Uint32Array(image.data.buffer);
    if (source.samples === 3) paintColour(source.pixels as Uint8Array, out);
    else if (picture.kind === "preview") paintGrey(picture.picture.pixels, identity, 0, out);
    else paintGrey(picture.frame.pixels, ...windowTable(picture), out);
    context.putImageData(image, 0, 0);
  }
}

const identity = Uint8Array.from({ length: 256 }, (_, i) => i);

function paintColour(pixels: Uint8Array, out: Uint32Array): void {
  for (let i = 0, p = 0; i < out.length; i++, p += 3) {
    out[i] = 0xff000000 | (pixels[p + 2] << 16) | (pixels[p + 1] << 8) | pixels[p];
  }
}

function paintGrey(pixels: Frame["pixels"], table: Uint8Array, offset: number, out: Uint32Array): void {
  for (let i = 0; i < out.length; i++) out[i] = 0xff000000 | (table[pixels[i] + offset] * 0x010101);
}

/** One byte for every stored value there can be: [table, offset of stored value 0]. */
export function windowTable(p: Extract<Picture, { kind: "exact" }>): [Uint8Array, number] {
  const bytes = p.frame.pixels.BYTES_PER_ELEMENT;
  const size = 1 << (8 * bytes);
  const offset = p.frame.signed ? size / 2 : 0;
  const table = new Uint8Array(size);
  for (let i = 0; i < size; i++) {
    const grey = voiLinear((i - offset) * p.slope + p.intercept, p.center, p.width);
    table[i] = Math.round((p.isInverted ? 1 - grey : grey) * 255);
  }
  return [table, offset];
}
