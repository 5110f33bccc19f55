import { identityOf, shapeOf, type WindowValue } from "../format/manifest";
import type { SeriesLoader } from "../loading/series";
import { Canvas2dDevice } from "../render/canvas2d";
import { chooseDevice } from "../render/choose";
import type { Picture, RenderDevice } from "../render/device";
import { homeCamera, place, zoomAt, type Camera, type Placement } from "./camera";
import type { ScreenPoint } from "./points";

export interface ViewportState {
  index: number;
  center: number;
  width: number;
  isExact: boolean;
  problem: string;
  zoom: number;
}

/** One canvas that shows one frame of one series through a window and a camera. */
export class Viewport {
  canvas: HTMLCanvasElement;
  private device: RenderDevice;
  private loader: SeriesLoader | null = null;
  private index = 0;
  private camera: Camera = homeCamera();
  private window: WindowValue | null = null;
  private isScheduled = false;
  private drawn: (() => void)[] = [];
  private readonly watcher: ResizeObserver;

  constructor(
    private readonly box: HTMLElement,
    wantedDevice: string | null,
    private readonly onDraw: (state: ViewportState) => void,
  ) {
    this.canvas = this.makeCanvas();
    this.device = chooseDevice(this.canvas, wantedDevice);
    this.watcher = new ResizeObserver(() => this.fit());
    this.watcher.observe(box);
    this.fit();
  }

  get deviceName(): string {
    return this.device.name;
  }

  show(loader: SeriesLoader, index: number): void {
    this.loader = loader;
    this.window = null;
    this.camera = homeCamera();
    this.scrollTo(index);
  }

  /** Resolves when the frame has been drawn. */
  scrollTo(index: number): Promise<void> {
    const count = this.loader?.entry.count ?? 0;
    this.index = Math.min(Math.max(Math.round(index), 0), Math.max(count - 1, 0));
    this.loader?.moveTo(this.index);
    return this.redraw();
  }

  scrollBy(frames: number): void {
    void this.scrollTo(this.index + frames);
  }

  /** The window; null returns to the frame's own. */
  setWindow(window: WindowValue | null): Promise<void> {
    this.window = window;
    return this.redraw();
  }

  dragWindow(dx: number, dy: number): void {
    const { center, width } = this.currentWindow();
    const step = Math.max(width, 1) / 300;
    const changed = { name: "", center: center + dy * step, width: Math.max(width + dx * step, 1) };
    void this.setWindow(changed);
  }

  pan(dx: number, dy: number): void {
    this.camera = { ...this.camera, panX: this.camera.panX + dx, panY: this.camera.panY + dy };
    void this.redraw();
  }

  zoom(factor: number, focus: ScreenPoint): void {
    this.camera = zoomAt(this.camera, factor, focus, this.box.clientWidth, this.box.clientHeight);
    void this.redraw();
  }

  reset(): void {
    this.camera = homeCamera();
    this.window = null;
    void this.redraw();
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
    this.watcher.disconnect();
    this.device.dispose();
    this.canvas.remove();
  }

  private makeCanvas(): HTMLCanvasElement {
    const canvas = document.createElement("canvas");
    canvas.className = "cfv-canvas";
    canvas.dataset.testid = "viewer-canvas";
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", "影像");
    canvas.addEventListener("webglcontextlost", (event) => {
      event.preventDefault();
      this.fallBack();
    });
    this.box.prepend(canvas);
    return canvas;
  }

  /** The GPU took its context away: the same view goes on without it. */
  private fallBack(): void {
    const lost = this.canvas;
    this.canvas = this.makeCanvas();
    lost.remove();
    this.device = new Canvas2dDevice(this.canvas);
    this.fit();
  }

  private fit(): void {
    const ratio = Math.min(window.devicePixelRatio || 1, 3);
    const width = Math.max(Math.round(this.box.clientWidth * ratio), 1);
    const height = Math.max(Math.round(this.box.clientHeight * ratio), 1);
    if (width !== this.canvas.width || height !== this.canvas.height) this.device.resize(width, height);
    void this.redraw();
  }

  currentWindow(): WindowValue {
    if (this.window) return this.window;
    const shape = this.loader ? shapeOf(this.loader.entry, this.index) : null;
    return shape?.windows[0] ?? { name: "", center: 128, width: 256 };
  }

  placement(): Placement | null {
    if (!this.loader) return null;
    const shape = shapeOf(this.loader.entry, this.index);
    const spacing = this.loader.entry.spacing;
    const aspect = spacing && spacing[1] > 0 ? spacing[0] / spacing[1] : 1;
    return place(this.camera, shape.rows, shape.cols, aspect, this.box.clientWidth, this.box.clientHeight);
  }

  private draw(): void {
    this.isScheduled = false;
    const picture = this.picture();
    const at = this.placement();
    if (this.loader && at) {
      const shape = shapeOf(this.loader.entry, this.index);
      const ratio = this.canvas.width / Math.max(this.box.clientWidth, 1);
      const scaled = { scaleX: at.scaleX * ratio, scaleY: at.scaleY * ratio, left: at.left * ratio, top: at.top * ratio };
      this.device.draw(picture, scaled, shape.rows, shape.cols);
      const { center, width } = this.currentWindow();
      this.onDraw({
        index: this.index,
        center,
        width,
        isExact: picture?.kind === "exact",
        problem: this.loader.problems.get(this.index) ?? "",
        zoom: this.camera.zoom,
      });
    }
    const waiting = this.drawn;
    this.drawn = [];
    for (const resolve of waiting) resolve();
  }

  /** The exact frame; until it is there the nearest preview; nothing for a damaged one. */
  private picture(): Picture | null {
    const loader = this.loader;
    if (!loader || loader.problems.has(this.index)) return null;
    const shape = shapeOf(loader.entry, this.index);
    const frame = loader.frames.get(this.index);
    const id = `${loader.entry.id}/${identityOf(loader.entry, this.index).uid}/${this.index}`;
    if (frame) {
      const { center, width } = this.currentWindow();
      const { slope, intercept } = shape;
      const isInverted = shape.photometric === "MONOCHROME1";
      return { kind: "exact", key: id, frame, slope, intercept, isInverted, center, width };
    }
    const preview = this.nearestPreview(loader);
    return preview && { kind: "preview", key: `${loader.entry.id}/p/${preview.index}`, picture: preview };
  }

  private nearestPreview(loader: SeriesLoader) {
    for (let distance = 0; distance < loader.entry.count; distance++) {
      const found = loader.previews.get(this.index - distance) ?? loader.previews.get(this.index + distance);
      if (found) return found;
    }
    return null;
  }
}
