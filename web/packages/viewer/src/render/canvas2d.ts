import { columnScale, type Placement } from "../view/camera";
import type { Picture, RenderDevice } from "./device";
import { tableKey } from "../view/windows";
import { paint } from "./paint";
import { stretched, type Stretched } from "./stretched";

const SMALL_PX = 600_000;

/** Works everywhere: a look-up table in this thread, the browser's own scaling. With `isStretched` the
 * canvas has only the pixels of the image that can be seen, and the browser stretches them as it puts
 * them on the screen: it goes over those in any case, and without a GPU each further time is felt. */
export class Canvas2dDevice implements RenderDevice {
  readonly name = "2d";
  private readonly buffer = document.createElement("canvas");
  private made: { canvas: CanvasRenderingContext2D; buffer: CanvasRenderingContext2D } | null = null;
  private drawnKey = "";
  private image: ImageData | null = null;
  private size = { width: 1, height: 1, ratio: 1 };

  constructor(
    private readonly canvas: HTMLCanvasElement,
    private readonly isStretched = false,
  ) {}

  get bytes(): number {
    return (this.canvas.width * this.canvas.height + this.buffer.width * this.buffer.height) * 4;
  }

  resize(width: number, height: number, ratio = 1): void {
    this.size = { width, height, ratio };
    if (!this.isStretched) this.setPixels(width, height);
  }

  draw(picture: Picture | null, onScreen: Placement, rows: number, cols: number): void {
    const at = this.isStretched ? this.lay(onScreen, rows, cols) : onScreen;
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
    this.image = null;
  }

  /** The canvas' pixels, and where the browser puts them. */
  private lay(onScreen: Placement, rows: number, cols: number): Placement {
    const { width, height, ratio } = this.size;
    const whole: Stretched = { width, height, at: onScreen, scaleX: 1, scaleY: 1, left: 0, top: 0 };
    const to = stretched(onScreen, rows, cols, width, height) ?? whole;
    this.setPixels(to.width, to.height);
    const { style } = this.canvas;
    style.width = `${to.width}px`;
    style.height = `${to.height}px`;
    style.transform = `matrix(${[to.scaleX, 0, 0, to.scaleY, to.left, to.top].map((v) => v / ratio).join(",")})`;
    return to.at;
  }

  private setPixels(width: number, height: number): void {
    if (this.canvas.width !== width) this.canvas.width = width;
    if (this.canvas.height !== height) this.canvas.height = height;
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
    if (this.buffer.width !== cols) this.buffer.width = cols;
    if (this.buffer.height !== rows) this.buffer.height = rows;
    const context = this.contexts().buffer;
    if (this.image?.width !== cols || this.image.height !== rows) this.image = context.createImageData(cols, rows);
    paint(picture, new Uint32Array(this.image.data.buffer));
    context.putImageData(this.image, 0, 0);
  }
}

function keyOf({ key, window, look }: Picture): string {
  return [key, window.center, window.width, window.function, tableKey(window), look.isInverted, look.sharpness, look.palette?.name, look.hasShutter, look.hasOverlays].join("|");
}
