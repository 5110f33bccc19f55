import { screenPoint, type ScreenPoint } from "../view/points";

/** What a finger or the left button does besides making marks. */
export type DragTool = "scroll" | "window" | "pan" | "zoom" | "magnifier" | "locate";

export interface PointerTarget {
  /** The tool for a new press; "draw" makes marks. */
  tool(): DragTool | "draw";
  /** Something under the pointer takes the press for itself (a handle of a mark). */
  grab(at: ScreenPoint, isTouch: boolean): boolean;
  drawDown(at: ScreenPoint): void;
  drawMove(at: ScreenPoint, isTouch: boolean): void;
  drawUp(at: ScreenPoint): void;
  /** A second finger came or the system took the pointer away. */
  cancelDraw(): void;
  scrollBy(frames: number): void;
  dragWindow(dx: number, dy: number): void;
  pan(dx: number, dy: number): void;
  zoom(factor: number, focus: ScreenPoint): void;
  /** The magnifier: where it looks; null puts it away. */
  lookAt(at: ScreenPoint | null, isTouch: boolean): void;
  locate(at: ScreenPoint, phase: "down" | "move" | "up"): void;
  /** The mouse is here, nothing is pressed; null: it left. */
  hover(at: ScreenPoint | null): void;
  tap(at: ScreenPoint, isTouch: boolean): void;
  /** A finger that rests: what lies under it is meant. */
  longPress(at: ScreenPoint): void;
  doubleTap(at: ScreenPoint): void;
}

type Mode = DragTool | "draw" | "pinch" | "held";

const SCROLL_PX = 8;
const WHEEL_PX = 40;
const DOUBLE_TAP_MS = 300;
const DOUBLE_TAP_PX = 30;
const TAP_PX = 6;
const LONG_PRESS_MS = 500;

/** One state machine for mouse, pen and fingers. A second finger ends the tool and pinches. */
export class PointerInput {
  private readonly down = new Map<number, ScreenPoint>();
  private mode: Mode = "scroll";
  private first: ScreenPoint = screenPoint(0, 0);
  private carried = 0;
  private wheelCarried = 0;
  private lastTapMs = -Infinity;
  private lastTap: ScreenPoint = screenPoint(0, 0);
  private hasMoved = false;
  private rest: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly box: HTMLElement,
    private readonly target: PointerTarget,
  ) {
    box.addEventListener("pointerdown", this.onDown);
    box.addEventListener("pointermove", this.onMove);
    box.addEventListener("pointerup", this.onUp);
    box.addEventListener("pointercancel", this.onUp);
    box.addEventListener("pointerleave", () => target.hover(null));
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
    const at = this.at(event);
    this.down.set(event.pointerId, at);
    clearTimeout(this.rest);
    if (this.down.size > 1) {
      if (this.mode === "draw") this.target.cancelDraw();
      if (this.mode === "magnifier") this.target.lookAt(null, true);
      if (this.mode === "locate") this.target.locate(at, "up");
      this.mode = "pinch";
      this.hasMoved = true;
      return;
    }
    this.first = at;
    this.carried = 0;
    this.hasMoved = false;
    this.mode = this.begin(event, at);
    if (event.pointerType === "touch" && this.mode !== "draw" && this.mode !== "magnifier") this.rest = setTimeout(() => this.hold(at), LONG_PRESS_MS);
  };

  /** From now on this press does nothing else. */
  private hold(at: ScreenPoint): void {
    if (this.hasMoved || this.down.size !== 1) return;
    this.mode = "held";
    this.target.longPress(at);
  }

  private begin(event: PointerEvent, at: ScreenPoint): Mode {
    const isTouch = event.pointerType === "touch";
    if (event.button === 2) return "window";
    if (event.button === 1) return "pan";
    if (this.target.grab(at, isTouch)) return "draw";
    const tool = this.target.tool();
    if (tool === "draw") this.target.drawDown(at);
    if (tool === "magnifier") this.target.lookAt(at, isTouch);
    if (tool === "locate") this.target.locate(at, "down");
    return tool;
  }

  private onMove = (event: PointerEvent): void => {
    const now = this.at(event);
    const before = this.down.get(event.pointerId);
    if (!before) {
      if (event.pointerType !== "touch") this.target.hover(now);
      return;
    }
    if (Math.hypot(now.x - this.first.x, now.y - this.first.y) > TAP_PX) this.hasMoved = true;
    if (this.mode === "pinch") this.pinch(event.pointerId, before, now);
    else if (this.mode !== "held") this.drag(this.mode, before, now, event.pointerType === "touch");
    this.down.set(event.pointerId, now);
  };

  private onUp = (event: PointerEvent): void => {
    if (!this.down.delete(event.pointerId)) return;
    clearTimeout(this.rest);
    const at = this.at(event);
    if (this.mode === "pinch" || this.mode === "held") {
      if (!this.down.size) this.mode = "scroll";
      return;
    }
    if (this.mode === "magnifier") this.target.lookAt(null, true);
    if (this.mode === "locate") this.target.locate(at, "up");
    if (event.type !== "pointerup") {
      if (this.mode === "draw") this.target.cancelDraw();
      return;
    }
    if (this.mode === "draw") this.target.drawUp(at);
    else if (!this.hasMoved && event.button === 0) this.onTap(at, event.pointerType === "touch");
  };

  private onTap(at: ScreenPoint, isTouch: boolean): void {
    const now = performance.now();
    const isNear = Math.hypot(at.x - this.lastTap.x, at.y - this.lastTap.y) < DOUBLE_TAP_PX;
    const isDouble = isNear && now - this.lastTapMs < DOUBLE_TAP_MS;
    if (isDouble) this.target.doubleTap(at);
    else this.target.tap(at, isTouch);
    this.lastTapMs = isDouble ? -Infinity : now;
    this.lastTap = at;
  }

  private onWheel = (event: WheelEvent): void => {
    if ((event.target as Element).closest(".cfv-panel")) return;
    event.preventDefault();
    const pixels = event.deltaY * (event.deltaMode === 1 ? 33 : event.deltaMode === 2 ? 400 : 1);
    if (event.ctrlKey) {
      this.target.zoom(Math.exp(-pixels / 300), this.at(event));
      return;
    }
    // a notch of a wheel is one frame, however large the browser says it is
    if (Math.abs(pixels) >= 60) return this.target.scrollBy(Math.sign(pixels));
    this.wheelCarried += pixels;
    const frames = Math.trunc(this.wheelCarried / WHEEL_PX);
    this.wheelCarried -= frames * WHEEL_PX;
    if (frames) this.target.scrollBy(frames);
  };

  private drag(mode: DragTool | "draw", before: ScreenPoint, now: ScreenPoint, isTouch: boolean): void {
    const dx = now.x - before.x;
    const dy = now.y - before.y;
    if (mode === "draw") this.target.drawMove(now, isTouch);
    else if (mode === "window") this.target.dragWindow(dx, dy);
    else if (mode === "pan") this.target.pan(dx, dy);
    else if (mode === "zoom") this.target.zoom(Math.exp(-dy / 150), this.first);
    else if (mode === "magnifier") this.target.lookAt(now, isTouch);
    else if (mode === "locate") this.target.locate(now, "move");
    else {
      this.carried += dy;
      const frames = Math.trunc(this.carried / SCROLL_PX);
      this.carried -= frames * SCROLL_PX;
      if (frames) this.target.scrollBy(frames);
    }
  }

  private pinch(id: number, before: ScreenPoint, now: ScreenPoint): void {
    const other = [...this.down].find(([key]) => key !== id)?.[1];
    if (!other) return;
    const was = Math.hypot(before.x - other.x, before.y - other.y);
    const is = Math.hypot(now.x - other.x, now.y - other.y);
    const focus = screenPoint((now.x + other.x) / 2, (now.y + other.y) / 2);
    if (was > 10) this.target.zoom(is / was, focus);
    this.target.pan((now.x - before.x) / 2, (now.y - before.y) / 2);
  }
}
