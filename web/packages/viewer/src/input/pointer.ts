import { screenPoint, type ScreenPoint } from "../view/points";

export type Tool = "scroll" | "window" | "pan" | "zoom";

export interface PointerTarget {
  tool(): Tool;
  scrollBy(frames: number): void;
  dragWindow(dx: number, dy: number): void;
  pan(dx: number, dy: number): void;
  zoom(factor: number, focus: ScreenPoint): void;
  reset(): void;
}

const SCROLL_PX = 8;
const WHEEL_PX = 40;
const DOUBLE_TAP_MS = 300;

/** One state machine for mouse, pen and fingers. A second finger ends the tool and pinches. */
export class PointerInput {
  private readonly down = new Map<number, ScreenPoint>();
  private active: Tool = "scroll";
  private carried = 0;
  private wheelCarried = 0;
  private lastTap = 0;
  private moved = false;

  constructor(
    private readonly box: HTMLElement,
    private readonly target: PointerTarget,
  ) {
    box.addEventListener("pointerdown", this.onDown);
    box.addEventListener("pointermove", this.onMove);
    box.addEventListener("pointerup", this.onUp);
    box.addEventListener("pointercancel", this.onUp);
    box.addEventListener("wheel", this.onWheel, { passive: false });
    box.addEventListener("contextmenu", (event) => event.preventDefault());
  }

  private at(event: MouseEvent): ScreenPoint {
    const box = this.box.getBoundingClientRect();
    return screenPoint(event.clientX - box.left, event.clientY - box.top);
  }

  private onDown = (event: PointerEvent): void => {
    if ((event.target as Element).closest("button, input, .cfv-panel")) return;
    this.box.setPointerCapture(event.pointerId);
    this.down.set(event.pointerId, this.at(event));
    this.carried = 0;
    this.moved = false;
    this.active = event.button === 2 ? "window" : event.button === 1 ? "pan" : this.target.tool();
  };

  private onMove = (event: PointerEvent): void => {
    const before = this.down.get(event.pointerId);
    if (!before) return;
    const now = this.at(event);
    if (this.down.size >= 2) this.pinch(event.pointerId, before, now);
    else this.drag(now.x - before.x, now.y - before.y, now);
    this.down.set(event.pointerId, now);
  };

  private onUp = (event: PointerEvent): void => {
    if (!this.down.delete(event.pointerId) || this.down.size || this.moved || event.type !== "pointerup") return;
    const now = performance.now();
    if (now - this.lastTap < DOUBLE_TAP_MS) this.target.reset();
    this.lastTap = now;
  };

  private onWheel = (event: WheelEvent): void => {
    if ((event.target as Element).closest(".cfv-panel")) return;
    event.preventDefault();
    const pixels = event.deltaY * (event.deltaMode === 1 ? 33 : event.deltaMode === 2 ? 400 : 1);
    if (event.ctrlKey) {
      this.target.zoom(Math.exp(-pixels / 300), this.at(event));
      return;
    }
    // a notch of a wheel is one frame, however large the browser says it is
    if (Math.abs(pixels) >= 60) this.target.scrollBy(Math.sign(pixels));
    else {
      this.wheelCarried += pixels;
      const frames = Math.trunc(this.wheelCarried / WHEEL_PX);
      this.wheelCarried -= frames * WHEEL_PX;
      if (frames) this.target.scrollBy(frames);
    }
  };

  private drag(dx: number, dy: number, at: ScreenPoint): void {
    if (Math.abs(dx) + Math.abs(dy) > 0.5) this.moved = true;
    if (this.active === "window") this.target.dragWindow(dx, dy);
    else if (this.active === "pan") this.target.pan(dx, dy);
    else if (this.active === "zoom") this.target.zoom(Math.exp(-dy / 150), at);
    else {
      this.carried += dy;
      const frames = Math.trunc(this.carried / SCROLL_PX);
      this.carried -= frames * SCROLL_PX;
      if (frames) this.target.scrollBy(frames);
    }
  }

  private pinch(id: number, before: ScreenPoint, now: ScreenPoint): void {
    this.moved = true;
    const other = [...this.down].find(([key]) => key !== id)![1];
    const was = Math.hypot(before.x - other.x, before.y - other.y);
    const is = Math.hypot(now.x - other.x, now.y - other.y);
    const focus = screenPoint((now.x + other.x) / 2, (now.y + other.y) / 2);
    if (was > 10) this.target.zoom(is / was, focus);
    this.target.pan((now.x - before.x) / 2, (now.y - before.y) / 2);
  }
}
