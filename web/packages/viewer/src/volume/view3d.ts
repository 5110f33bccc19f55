import type { WindowValue } from "../format/manifest";
import { button, el } from "../ui/dom";
import { icon } from "../ui/icons";
import { directionLetters } from "../view/orientation";
import { cross } from "../view/planes";
import { windowAround } from "../view/windows";
import { Adjust, cropBox, edited } from "./adjust";
import { frontView, rotated, type Camera3d } from "./camera3d";
import { CT_PRESETS, signalPresets, type Preset } from "./presets";
import { VolumeRenderer } from "./render3d";
import type { Volume } from "./volume";

const FINE_MM = 0.7;
const COARSE = 2.5; // times coarser while it turns
const REST_MS = 160;

/** A volume that is turned with the finger; lies over a pane and takes its pointer. */
export class View3d {
  readonly root: HTMLElement;
  readonly canvas = el("canvas", { class: "cfv-canvas", "data-testid": "vr-canvas", role: "img", "aria-label": "三维影像" });
  private readonly renderer: VolumeRenderer;
  private readonly presets: Preset[];
  private readonly letters = el("div", { class: "cfv-c-tl", "data-testid": "vr-direction" });
  private readonly down = new Map<number, { x: number; y: number }>();
  private readonly watcher: ResizeObserver;
  private camera: Camera3d = frontView();
  private preset: Preset;
  private cut = 0;
  private readonly adjust: Adjust;
  private quality = 1;
  private maxPx = 1024;
  private rest = 0;

  constructor(
    private readonly volume: Volume,
    private readonly window: () => WindowValue,
    longest: number,
  ) {
    const own = volume.entry.windows[0] ?? windowAround(0, 255);
    this.presets = volume.entry.unit === "HU" ? CT_PRESETS : signalPresets(own.center - own.width / 2, own.center + own.width / 2);
    this.preset = this.presets[0];
    this.adjust = new Adjust(volume.entry.unit === "HU" ? 400 : Math.round(own.width / 2), () => this.moved());
    this.root = el("div", { class: "cfv-view3d cfv-panel", "data-testid": "view-3d" }, this.canvas, el("div", { class: "cfv-corners" }, this.letters), this.adjust.panel, this.controls());
    this.renderer = new VolumeRenderer(this.canvas, volume, longest);
    this.canvas.addEventListener("pointerdown", this.onDown);
    this.canvas.addEventListener("pointermove", this.onMove);
    this.canvas.addEventListener("pointerup", this.onUp);
    this.canvas.addEventListener("pointercancel", this.onUp);
    this.canvas.addEventListener("wheel", this.onWheel, { passive: false });
    this.watcher = new ResizeObserver(() => void this.redraw(1));
    this.watcher.observe(this.root);
  }

  /** Of its texture and its canvas. */
  get bytes(): number {
    return this.renderer.bytes + this.canvas.width * this.canvas.height * 4;
  }

  /** Turn to the right by degrees about the head-foot axis of the screen. */
  rotate(degrees: number): Promise<void> {
    this.camera = rotated(this.camera, (degrees * Math.PI) / 180, 0);
    return this.redraw(1);
  }

  /** Steps `step` times coarser, at most `px` pixels a side. */
  setQuality(step: number, px: number): Promise<void> {
    this.quality = step;
    this.maxPx = px;
    return this.redraw(1);
  }

  reset(): void {
    this.camera = frontView();
    this.cut = 0;
    this.adjust.reset();
    void this.redraw(1);
  }

  dispose(): void {
    globalThis.clearTimeout(this.rest);
    this.watcher.disconnect();
    this.renderer.dispose();
    this.root.remove();
  }

  /** Resolves when it was drawn. */
  private redraw(coarse: number): Promise<void> {
    return new Promise((done) =>
      requestAnimationFrame(() => {
        this.fit(coarse);
        const step = FINE_MM * coarse * this.quality;
        const { shift, opacity, cuts } = this.adjust;
        const preset = edited(this.preset, shift, opacity);
        this.renderer.draw({ camera: this.camera, preset, window: this.window(), cut: this.cut, box: cropBox(this.volume, cuts), stepMm: step });
        const { right, up } = this.camera;
        this.letters.textContent = `三维 · ${directionLetters(...cross(right, up))} 面`;
        done();
      }),
    );
  }

  /** Coarse at once, fine when the hand rests. */
  private moved(): void {
    void this.redraw(COARSE);
    globalThis.clearTimeout(this.rest);
    this.rest = window.setTimeout(() => void this.redraw(1), REST_MS);
  }

  private fit(coarse: number): void {
    const { clientWidth, clientHeight } = this.root;
    const ratio = Math.min(globalThis.devicePixelRatio || 1, 2) / coarse;
    const most = Math.min(ratio, this.maxPx / Math.max(clientWidth, clientHeight, 1));
    this.canvas.width = Math.max(Math.round(clientWidth * most), 1);
    this.canvas.height = Math.max(Math.round(clientHeight * most), 1);
  }

  private onDown = (event: PointerEvent): void => {
    this.canvas.setPointerCapture(event.pointerId);
    this.down.set(event.pointerId, { x: event.clientX, y: event.clientY });
  };

  private onMove = (event: PointerEvent): void => {
    const before = this.down.get(event.pointerId);
    if (!before) return;
    const now = { x: event.clientX, y: event.clientY };
    const other = [...this.down].find(([id]) => id !== event.pointerId)?.[1];
    if (other) this.zoom(Math.hypot(now.x - other.x, now.y - other.y) / Math.max(Math.hypot(before.x - other.x, before.y - other.y), 10));
    else this.camera = rotated(this.camera, (now.x - before.x) / 120, (before.y - now.y) / 120);
    this.down.set(event.pointerId, now);
    this.moved();
  };

  private onUp = (event: PointerEvent): void => void this.down.delete(event.pointerId);

  private onWheel = (event: WheelEvent): void => {
    event.preventDefault();
    this.zoom(Math.exp(-event.deltaY / 400));
    this.moved();
  };

  private zoom(factor: number): void {
    this.camera = { ...this.camera, zoom: Math.min(Math.max(this.camera.zoom * factor, 0.5), 8) };
  }

  private controls(): HTMLElement {
    const row = el("div", { class: "cfv-3d-controls", role: "group", "aria-label": "三维显示" });
    const buttons = this.presets.map((preset) => {
      const choose = (): void => {
        this.preset = preset;
        buttons.forEach((one, i) => one.setAttribute("aria-pressed", String(this.presets[i] === preset)));
        void this.redraw(1);
      };
      return button({ class: "cfv-choice", "data-testid": `vr-${preset.id}`, "aria-pressed": String(preset === this.preset) }, choose, preset.name);
    });
    const cut = el("input", { type: "range", min: 0, max: 100, value: 0, "aria-label": "由前向后剖切", "data-testid": "vr-cut" });
    cut.addEventListener("input", () => {
      this.cut = Number(cut.value) / 100;
      this.moved();
    });
    const again = (): void => {
      cut.value = "0";
      this.reset();
    };
    row.append(...buttons, this.adjust.opener, el("label", { class: "cfv-cut-slider" }, "剖切", cut));
    row.append(button({ class: "cfv-icon-button", "data-testid": "vr-reset", "aria-label": "三维复位" }, again, icon("reset")));
    return row;
  }
}
