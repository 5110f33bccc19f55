import { identityOf, shapeOf, type FrameShape, type WindowValue } from "../format/manifest";
import type { FrameSource } from "../loading/source";
import { Canvas2dDevice } from "../render/canvas2d";
import { chooseDevice } from "../render/choose";
import { plainLook, type Look, type Picture, type RenderDevice } from "../render/device";
import { columnScale, fitScale, homeCamera, place, spareWidth, toScreen, turned, zoomAt, type Camera, type Placement, type Turn } from "./camera";
import { planeOf, type Plane } from "./planes";
import type { ImagePoint, ScreenPoint } from "./points";
import { draggedWindow } from "./windows";

export interface ViewportState {
  index: number;
  window: WindowValue;
  /** Exact pixels are shown (not a preview). */
  isExact: boolean;
  /** Anything at all is shown. */
  hasPicture: boolean;
  /** The stable code of why this frame cannot be shown. */
  problem: string;
  zoom: number;
  placement: Placement;
}

/** Turned so, in the middle (0) or at the left (-1) or right (1) edge of its box. */
export interface Hung {
  turn: Turn;
  side: -1 | 0 | 1;
}

const MAX_RATIO = 3;
const LOST_AGAIN_MS = 30_000;

/** One canvas that shows one frame of one source through a window, a look and a camera. */
export class Viewport {
  canvas: HTMLCanvasElement;
  camera: Camera = homeCamera();
  look: Look = plainLook();
  source: FrameSource | null = null;
  index = 0;
  device: RenderDevice;
  private window: WindowValue | null = null;
  private home: Hung = { turn: homeCamera().turn, side: 0 };
  private atHome: Camera | null = null;
  private shownKey = "";
  private widthPx = 0;
  private heightPx = 0;
  private lostMs = -Infinity;
  private isScheduled = false;
  private isDisposed = false;
  private drawn: (() => void)[] = [];
  private readonly watcher: ResizeObserver;

  constructor(
    readonly box: HTMLElement,
    private readonly wantedDevice: string | ((canvas: HTMLCanvasElement) => RenderDevice) | null,
    private readonly onDraw: (state: ViewportState) => void,
  ) {
    this.canvas = this.makeCanvas();
    this.device = this.chosen();
    this.watcher = new ResizeObserver(() => this.fit());
    this.watcher.observe(box);
    this.fit();
  }

  get deviceName(): string {
    return this.device.name;
  }

  get bytes(): number {
    return this.device.bytes;
  }

  show(source: FrameSource | null, index: number): Promise<void> {
    this.source = source;
    this.window = null;
    this.look = plainLook();
    this.home = { turn: homeCamera().turn, side: 0 };
    this.goHome();
    return this.scrollTo(index);
  }

  /** Resolves when the frame has been drawn. */
  scrollTo(index: number): Promise<void> {
    const last = Math.max((this.source?.entry.count ?? 0) - 1, 0);
    this.index = Math.min(Math.max(Math.round(index), 0), last);
    this.source?.moveTo(this.index);
    return this.redraw();
  }

  /** The window; null returns to the frame's own. */
  setWindow(window: WindowValue | null): Promise<void> {
    this.window = window;
    return this.redraw();
  }

  dragWindow(dx: number, dy: number): void {
    void this.setWindow(draggedWindow(this.currentWindow(), dx, dy));
  }

  setLook(change: Partial<Look>): Promise<void> {
    this.look = { ...this.look, ...change };
    return this.redraw();
  }

  pan(dx: number, dy: number): void {
    this.camera = { ...this.camera, panX: this.camera.panX + dx, panY: this.camera.panY + dy };
    void this.redraw();
  }

  zoom(factor: number, focus: ScreenPoint): void {
    this.camera = zoomAt(this.camera, factor, focus, this.box.clientWidth, this.box.clientHeight);
    void this.redraw();
  }

  turn(by: Turn): void {
    this.camera = turned(this.camera, by);
    void this.redraw();
  }

  /** How this image hangs: turned so and at this side of its box from now on, also after a reset. */
  hang(home: Hung): void {
    this.home = home;
    this.goHome();
    void this.redraw();
  }

  /** Move and enlarge so that this point of the image lies there, a column being `scale` CSS pixels. */
  holdAt(point: ImagePoint, at: ScreenPoint, scale: number): void {
    const now = this.placement();
    if (!now) return;
    this.camera = { ...this.camera, zoom: (this.camera.zoom * scale) / columnScale(now) };
    const there = toScreen(point, this.placement()!);
    this.pan(at.x - there.x, at.y - there.y);
  }

  /** The whole image again, turned as it is. */
  fitToBox(): void {
    this.camera = { ...homeCamera(), turn: this.camera.turn };
    void this.redraw();
  }

  /** One image column on one pixel of the screen. */
  oneToOne(): void {
    const fit = this.fitScale();
    if (fit) this.camera = { ...homeCamera(), turn: this.camera.turn, zoom: 1 / (fit * this.ratio()) };
    this.snap();
    void this.redraw();
  }

  /** Move by less than a pixel, so that pixels of the image and of the screen fall together. */
  private snap(): void {
    const at = this.placement();
    if (!at) return;
    const ratio = this.ratio();
    const off = (value: number): number => Math.round(value * ratio) / ratio - value;
    this.camera = { ...this.camera, panX: this.camera.panX + off(at.e), panY: this.camera.panY + off(at.f) };
  }

  reset(): Promise<void> {
    this.goHome();
    this.look = plainLook();
    this.window = null;
    return this.redraw();
  }

  /** Other pixels have come for what is shown than those that were drawn. */
  get isStale(): boolean {
    return this.source !== null && this.keyOf(this.picture()) !== this.shownKey;
  }

  private keyOf(picture: Picture | null): string {
    return picture?.key ?? this.source?.problems.get(this.index) ?? "";
  }

  /** Draw in the next animation frame; resolves after it. */
  redraw(): Promise<void> {
    const done = new Promise<void>((resolve) => this.drawn.push(resolve));
    if (!this.isScheduled) {
      this.isScheduled = true;
      requestAnimationFrame(() => this.draw());
    }
    return done;
  }

  dispose(): void {
    this.isDisposed = true;
    this.watcher.disconnect();
    this.device.dispose();
    this.canvas.remove();
    this.source = null;
  }

  shape(): FrameShape | null {
    return this.source ? shapeOf(this.source.entry, this.index) : null;
  }

  plane(): Plane | null {
    return this.source ? planeOf(this.source.entry, this.index) : null;
  }

  currentWindow(): WindowValue {
    return this.window ?? this.shape()?.windows[0] ?? { name: "", center: 128, width: 256 };
  }

  placement(): Placement | null {
    const shape = this.shape();
    if (!shape) return null;
    return place(this.camera, shape.rows, shape.cols, this.aspect(), this.box.clientWidth, this.box.clientHeight);
  }

  /** What is drawn now: the exact frame; until it is there the nearest preview. */
  picture(): Picture | null {
    const { source, index } = this;
    const shape = this.shape();
    if (!source || !shape || source.problems.has(index)) return null;
    const frame = source.frameAt(index);
    const common = { window: this.currentWindow(), look: { ...this.look } };
    if (frame) {
      if (shape.photometric === "MONOCHROME1") common.look.isInverted = !common.look.isInverted;
      const key = `${source.entry.id}/${source.entry.revision ?? 0}/${identityOf(source.entry, index).uid}/${index}`;
      return { key, frame, slope: shape.slope, intercept: shape.intercept, ...common };
    }
    const preview = source.previewNear(index);
    if (!preview) return null;
    // its greys went through the file's own window: shown as they are, or undone for another one
    if (!this.window && shape.samples === 1) {
      const asIs = { ...preview, bitsStored: 8, signed: false };
      return { key: `${source.entry.id}/p/${preview.index}`, frame: asIs, slope: 1, intercept: 0, ...common, window: { name: "", center: 128, width: 256 } };
    }
    const own = shapeOf(source.entry, preview.index).windows[0] ?? { center: 128, width: 256 };
    const width = Math.max(own.width - 1, 0.001);
    const reduced = { ...preview, bitsStored: 8, signed: false };
    let [slope, intercept] = [width / 255, own.center - 0.5 - width / 2];
    if (shape.photometric === "MONOCHROME1") {
      [slope, intercept] = [-slope, intercept + width];
      common.look.isInverted = !common.look.isInverted;
    }
    return { key: `${source.entry.id}/p/${preview.index}`, frame: reduced, slope, intercept, ...common };
  }

  private aspect(): number {
    return aspectOf(this.shape());
  }

  private fitScale(): number {
    const shape = this.shape();
    if (!shape) return 0;
    return fitScale(this.camera.turn, shape.rows, shape.cols, this.aspect(), this.box.clientWidth, this.box.clientHeight);
  }

  private ratio(): number {
    return Math.min(globalThis.devicePixelRatio || 1, MAX_RATIO);
  }

  private chosen(): RenderDevice {
    const { wantedDevice } = this;
    return typeof wantedDevice === "function" ? wantedDevice(this.canvas) : chooseDevice(this.canvas, wantedDevice);
  }

  private makeCanvas(): HTMLCanvasElement {
    const canvas = document.createElement("canvas");
    canvas.className = "cfv-canvas";
    canvas.dataset.testid = "viewer-canvas";
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", "影像");
    canvas.addEventListener("webglcontextlost", (event) => {
      event.preventDefault();
      if (!this.isDisposed) this.fallBack();
    });
    this.box.prepend(canvas);
    return canvas;
  }

  /** The GPU took its context away: the same view on a new one; without a GPU when that is soon lost
   * too. */
  private fallBack(): void {
    const isFirst = performance.now() - this.lostMs > LOST_AGAIN_MS;
    this.lostMs = performance.now();
    const lost = this.canvas;
    this.canvas = this.makeCanvas();
    lost.remove();
    this.widthPx = 0;
    this.device = isFirst ? this.chosen() : new Canvas2dDevice(this.canvas, true);
    this.fit();
  }

  private goHome(): void {
    const { turn, side } = this.home;
    const shape = this.shape();
    const { clientWidth: width, clientHeight: height } = this.box;
    this.camera = { ...homeCamera(), turn };
    if (side && shape) this.camera.panX = side * (spareWidth(turn, shape.rows, shape.cols, this.aspect(), width, height) / 2);
    this.atHome = this.camera;
  }

  private fit(): void {
    if (this.camera === this.atHome) this.goHome();
    const ratio = this.ratio();
    const width = Math.max(Math.round(this.box.clientWidth * ratio), 1);
    const height = Math.max(Math.round(this.box.clientHeight * ratio), 1);
    if (width !== this.widthPx || height !== this.heightPx) this.device.resize(width, height, ratio);
    [this.widthPx, this.heightPx] = [width, height];
    void this.redraw();
  }

  private draw(): void {
    this.isScheduled = false;
    const placement = this.placement();
    const shape = this.shape();
    if (this.source && placement && shape) {
      const picture = this.picture();
      this.shownKey = this.keyOf(picture);
      const ratio = this.widthPx / Math.max(this.box.clientWidth, 1);
      this.device.draw(picture, enlarged(placement, ratio), shape.rows, shape.cols);
      this.onDraw({
        index: this.index,
        window: this.currentWindow(),
        isExact: picture !== null && picture.frame === this.source.frameAt(this.index),
        hasPicture: picture !== null,
        problem: this.source.problems.get(this.index) ?? "",
        zoom: this.camera.zoom,
        placement,
      });
    }
    const waiting = this.drawn;
    this.drawn = [];
    for (const resolve of waiting) resolve();
  }
}

/** How much higher than wide a pixel is. */
function aspectOf(shape: FrameShape | null): number {
  const spacing = shape?.spacing;
  return shape?.aspect ?? (spacing && spacing[1] > 0 ? spacing[0] / spacing[1] : 1);
}

/** CSS pixels to device pixels. */
export function enlarged(at: Placement, by: number): Placement {
  return { a: at.a * by, b: at.b * by, c: at.c * by, d: at.d * by, e: at.e * by, f: at.f * by };
}
