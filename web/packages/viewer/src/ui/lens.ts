import { Canvas2dDevice } from "../render/canvas2d";
import { toImage, type Placement } from "../view/camera";
import type { ScreenPoint } from "../view/points";
import type { Viewport } from "../view/viewport";
import { el } from "./dom";

const SIDE_PX = 160;
const TIMES = 2.5;
const ABOVE_PX = 110;

/** A round glass: the pixels under the pointer, larger; above the finger that would hide them. */
export class Lens {
  readonly root: HTMLElement;
  private readonly canvas = el("canvas");
  private device: Canvas2dDevice | null = null;

  constructor() {
    this.root = el("div", { class: "cfv-lens", "data-testid": "lens", hidden: true }, this.canvas);
  }

  show(at: ScreenPoint, viewport: Viewport, isTouch: boolean): void {
    const placement = viewport.placement();
    const shape = viewport.shape();
    if (!placement || !shape) return;
    this.device ??= this.makeDevice();
    const point = toImage(at, placement);
    this.device.draw(viewport.picture(), about(placement, point.x, point.y, this.canvas.width), shape.rows, shape.cols);
    const { clientWidth, clientHeight } = viewport.box;
    const y = isTouch ? at.y - ABOVE_PX : at.y;
    const within = (value: number, size: number): number => Math.min(Math.max(value, SIDE_PX / 2), Math.max(size - SIDE_PX / 2, SIDE_PX / 2));
    this.root.style.left = `${within(at.x, clientWidth)}px`;
    this.root.style.top = `${isTouch && y < SIDE_PX / 2 ? at.y + ABOVE_PX : within(y, clientHeight)}px`;
    this.root.hidden = false;
  }

  hide(): void {
    this.root.hidden = true;
  }

  dispose(): void {
    this.device?.dispose();
  }

  private makeDevice(): Canvas2dDevice {
    const device = new Canvas2dDevice(this.canvas);
    const size = Math.round(SIDE_PX * Math.min(globalThis.devicePixelRatio || 1, 2));
    device.resize(size, size);
    return device;
  }
}

/** The same view, enlarged, with an image point in the middle of a square of `size` device pixels. */
function about(p: Placement, x: number, y: number, size: number): Placement {
  const times = (TIMES * size) / SIDE_PX;
  const m = { a: p.a * times, b: p.b * times, c: p.c * times, d: p.d * times };
  return { ...m, e: size / 2 - m.a * x - m.b * y, f: size / 2 - m.c * x - m.d * y };
}
