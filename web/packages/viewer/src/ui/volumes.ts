import type { PlaneSource, Slab, View3d, Volume } from "../volume";
import { whyNoVolume } from "../volume/why";
import { planeOf, toPatient } from "../view/planes";
import { imagePoint } from "../view/points";
import type { Shown } from "./library";
import type { Pane } from "./pane";
import type { Viewer } from "./viewer";
import { VolumeBar } from "./volumebar";

type What = "mpr" | "vr";
type Module = typeof import("../volume");

const ORDER = ["axial", "sagittal", "coronal"] as const;
const LONGEST = { phone: 192, tablet: 256, desk: 256 };

/** Rebuilding a series in three planes and as a rendered volume; its code comes when asked for. */
export class VolumeDesk {
  readonly bar = new VolumeBar(this);
  shown: What | null = null;
  view3d: View3d | null = null;
  private planes: PlaneSource[] = [];
  private volume: Volume | null = null;
  private base: Shown | null = null;
  private isBusy = false;

  constructor(private readonly viewer: Viewer) {}

  /** The pane of the first rebuilt plane that the scanner did not make. */
  get planePane(): Pane | undefined {
    return this.viewer.stage.panes.find((pane) => pane.source === this.planes[1]);
  }

  /** Of the voxels, of the texture cast from them and of the planes that were cut. */
  get bytes(): number {
    const planes = this.planes.reduce((sum, plane) => sum + plane.bytes, 0);
    return (this.volume?.data.byteLength ?? 0) + (this.view3d?.bytes ?? 0) + planes;
  }

  async toggle(what: What): Promise<void> {
    if (this.shown === what) this.leave();
    else await this.open(what);
  }

  /** Resolves when it is on the screen, or when it was said why it cannot be. */
  async open(what: What): Promise<void> {
    const base = this.base ?? this.viewer.shown;
    const reason = base ? whyNoVolume(base.entry) : "没有影像。";
    if (reason || this.isBusy) return this.viewer.toast(reason || "正在准备,请稍候。");
    this.isBusy = true;
    try {
      const module = await import("../volume");
      const volume = this.volume ?? (await this.build(module, base));
      this.viewer.toast("");
      this.show(what, module, volume, base);
      await Promise.all(this.viewer.stage.panes.map((pane) => pane.viewport.redraw()));
    } catch {
      this.viewer.toast("三维重建没有完成,请检查网络后再试。");
    } finally {
      this.isBusy = false;
    }
  }

  /** Back to the series as it was taken. */
  leave(): void {
    const { base } = this;
    this.viewer.linking.located = null;
    this.viewer.setTool("scroll");
    this.viewer.setLayout(1, 1);
    if (base) this.viewer.put(this.viewer.active, base);
  }

  /** Give everything back. */
  close(): void {
    this.view3d?.dispose();
    this.view3d = null;
    this.planes = [];
    this.volume = null;
    this.base = null;
    this.shown = null;
  }

  reset(): void {
    this.view3d?.reset();
  }

  setSlab(slab: Slab): void {
    for (const plane of this.planes) plane.slab = slab;
    for (const pane of this.viewer.stage.panes) void pane.viewport.redraw();
    this.viewer.refresh();
  }

  /** One window for all planes of a volume. */
  followWindow(pane: Pane): void {
    if (!this.planes.some((plane) => plane === pane.source)) return;
    for (const other of this.viewer.stage.panes) {
      if (other !== pane && this.planes.some((plane) => plane === other.source)) void other.viewport.setWindow(pane.viewport.currentWindow());
    }
  }

  private async build(module: Module, base: Shown): Promise<Volume> {
    const { library } = this.viewer;
    const loader = library.loaderOf(base.entry);
    const told = (done: number): void => this.viewer.toast(`正在准备三维:${done} / ${base.entry.count} 幅`, true);
    told(0);
    return module.buildVolume(base.entry, (index) => loader.exact(index), library.memory.budget / 2, told);
  }

  private show(what: What, module: Module, volume: Volume, base: Shown): void {
    const { viewer } = this;
    viewer.setLayout(what === "mpr" ? 2 : 1, what === "mpr" ? 2 : 1);
    this.volume = volume;
    this.base = base;
    this.shown = what;
    const { panes } = viewer.stage;
    if (what === "mpr") {
      this.planes = ORDER.map((name) => new module.PlaneSource(volume, name));
      this.planes.forEach((plane, i) => viewer.putPlane(panes[i], base, plane));
      this.locateMiddle();
      viewer.setTool("locate");
      this.bar.show({ mm: 0, mode: "max" });
    }
    if (what === "vr") viewer.setTool("scroll");
    const last = panes[panes.length - 1];
    viewer.putPlane(last, base, null);
    this.mount3d(module, volume, last);
    viewer.onShown();
  }

  private locateMiddle(): void {
    const { entry } = this.planes[0];
    const plane = planeOf(entry, Math.floor(entry.count / 2));
    if (plane) this.viewer.linking.located = toPatient(plane, imagePoint(plane.cols / 2, plane.rows / 2));
  }

  private mount3d(module: Module, volume: Volume, pane: Pane): void {
    const size = (pane.root.closest("[data-size]") as HTMLElement | null)?.dataset.size as keyof typeof LONGEST;
    try {
      this.view3d = new module.View3d(volume, () => this.viewer.stage.panes[0].viewport.currentWindow(), LONGEST[size] ?? LONGEST.phone);
      pane.root.append(this.view3d.root);
    } catch {
      pane.say("这台设备的浏览器不能做三维渲染,可以看多平面重建。");
    }
  }
}
