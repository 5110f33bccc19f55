import { columnScale, type Placement } from "../view/camera";
import type { Picture, RenderDevice } from "./device";
import { tableKey } from "../view/windows";
import { paint } from "./paint";

const SMALL_PX = 600_000;

/** Works everywhere: a look-up table in this thread, the browser's own scaling. */
export class Canvas2dDevice implements RenderDevice {
  readonly name = "2d";
  private readonly buffer = document.createElement("canvas");
  private made: { canvas: CanvasRenderingContext2D; buffer: CanvasRenderingContext2D } | null = null;
  private drawnKey = "";

  constructor(private readonly canvas: HTMLCanvasElement) {}

  get bytes(): number {
    return (this.canvas.width * this.canvas.height + this.buffer.width * this.buffer.height) * 4;
  }

  resize(widthPx: number, heightPx: number): void {
    this.canvas.width = widthPx;
    this.canvas.height = heightPx;
  }

  draw(picture: Picture | null, at: Placement, rows: number, cols: number): void {
    const c = this.contexts().canvas;
    c.setTransform(1, 0, 0, 1, 0, 0);
    c.fillStyle = "#000";
    c.fillRect(0, 0, this.canvas.width, this.canvas.height);
    if (!picture) return;
    const key = keyOf(picture);
    if (key !== this.drawnKey) {
      this.paint(picture);
      this.drawnKey = key;
    }
    c.setTransform(at.a, at.c, at.b, at.d, at.e, at.f);
    c.imageSmoothingEnabled = true;
    c.imageSmoothingQuality = columnScale(at) < 1 ? "high" : "low";
    c.drawImage(this.buffer, 0, 0, cols, rows);
  }

  dispose(): void {
    this.buffer.width = this.buffer.height = 0;
  }

  /** Made when the size is known: without a GPU a small canvas is drawn faster by the processor; a
   * large one costs most where it is put on the screen, which a browser does better with its own. */
  private contexts(): { canvas: CanvasRenderingContext2D; buffer: CanvasRenderingContext2D } {
    if (!this.made) {
      // left out, not false: that would forbid the browser to find out by itself
      const isSmall = this.canvas.width * this.canvas.height <= SMALL_PX;
      const options = { alpha: false, ...(isSmall ? { willReadFrequently: true } : {}) };
      const canvas = this.canvas.getContext("2d", options) as CanvasRenderingContext2D | null;
      const buffer = this.buffer.getContext("2d", isSmall ? options : undefined) as CanvasRenderingContext2D | null;
      if (!canvas || !buffer) throw new Error("no_canvas_2d");
      this.made = { canvas, buffer };
    }
    return this.made;
  }

  private paint(picture: Picture): void {
    const { cols, rows } = picture.frame;
    this.buffer.width = cols;
    this.buffer.height = rows;
    const context = this.contexts().buffer;
    const image = context.createImageData(cols, rows);
    paint(picture, new Uint32Array(image.data.buffer));
    context.putImageData(image, 0, 0);
  }
}

function keyOf({ key, window, look }: Picture): string {
  return [key, window.center, window.width, window.function, tableKey(window), look.isInverted, look.sharpness, look.palette?.name, look.hasShutter, look.hasOverlays].join("|");
}
