import type { Basis, PlaneName, PlaneSource, Slab, View3d, Volume } from "../volume";
import { whyNoVolume } from "../volume/why";
import { columnScale, toScreen } from "../view/camera";
import { add, distanceTo, fromPatient, nearestFrame, planeOf, toPatient, type Vec3 } from "../view/planes";
import { Crosshair } from "./crosshair";
import { imagePoint } from "../view/points";
import { baseOf, basisIn, placed, refTo, VIEW_ORDER as ORDER, type PlaneRef } from "../marks/planeref";
import type { Mark } from "../marks/store";
import type { Shown } from "./library";
import type { Pane } from "./pane";
import type { Viewer } from "./viewer";
import { VolumeBar } from "./volumebar";

type What = "mpr" | "vr";
type Module = typeof import("../volume");

const LONGEST = { phone: 192, tablet: 256, desk: 256 };

/** Rebuilding a series in three planes and as a rendered volume; its code comes when asked for. */
export class VolumeDesk {
  readonly bar = new VolumeBar(this);
  readonly crosshair = new Crosshair(this, () => this.viewer.linking.located);
  shown: What | null = null;
  view3d: View3d | null = null;
  private planes: PlaneSource[] = [];
  private module: Module | null = null;
  private volume: Volume | null = null;
  private base: Shown | null = null;
  private isBusy = false;

  constructor(private readonly viewer: Viewer) {}

  /** The pane of the first rebuilt plane that the scanner did not make. */
  get planePane(): Pane | undefined {
    return this.viewer.stage.panes.find((pane) => pane.source === this.planes[1]);
  }

  /** The panes that show rebuilt planes. */
  get planePanes(): { pane: Pane; name: PlaneName }[] {
    return this.viewer.stage.panes.flatMap((pane) => {
      const plane = this.planes.find((one) => one === pane.source);
      return plane ? [{ pane, name: plane.name }] : [];
    });
  }

  /** About whose normal the others are turned by a button. */
  get turningPane(): Pane {
    const panes = this.planePanes.map((one) => one.pane);
    return panes.find((pane) => pane === this.viewer.active) ?? panes[0] ?? this.viewer.active;
  }

  /** Of the voxels, of the texture cast from them and of the planes that were cut. */
  get bytes(): number {
    const planes = this.planes.reduce((sum, plane) => sum + plane.bytes, 0);
    return (this.volume?.data.byteLength ?? 0) + (this.view3d?.bytes ?? 0) + planes;
  }

  /** The rebuilt planes of that name, as they are turned now. */
  sourceOf(series: string): PlaneSource | null {
    return this.planes.find((plane) => plane.entry.id === series) ?? null;
  }

  /** Of the plane in a pane, for a mark that is drawn there. */
  refOf(pane: Pane): PlaneRef | undefined {
    const source = this.planes.find((one) => one === pane.source);
    const plane = source && pane.viewport.plane();
    if (!plane) return undefined;
    const seen = this.viewer.linking.located ?? toPatient(plane, imagePoint(plane.cols / 2, plane.rows / 2));
    return refTo(source.name, plane, seen, ORDER.map((name) => this.planes.find((one) => one.name === name)!.basis));
  }

  /** A mark of a rebuilt plane where it lies in the volume that is here; others as they are. */
  place<M extends Omit<Mark, "id">>(mark: M): M {
    const { module, volume } = this;
    if (!mark.plane || mark.index >= 0 || !module || volume?.entry.id !== baseOf(mark.series)) return mark;
    const source = new module.PlaneSource(volume, mark.plane.name);
    source.turnTo(basisIn(mark.plane, source.name), mark.plane.point);
    return placed(mark, mark.plane, source.entry);
  }

  /** The planes as they were when a mark was drawn, and the mark selected. */
  async showMark(mark: Mark): Promise<void> {
    const { viewer } = this;
    const base = viewer.library.find(baseOf(mark.series));
    if (!base || !mark.plane) return;
    if (this.base && this.base !== base) this.close();
    if (this.shown !== "mpr") await this.open("mpr", base);
    if (this.shown !== "mpr") return;
    viewer.linking.located = mark.plane.point;
    this.lookThrough(mark.plane.point, (plane) => basisIn(mark.plane!, plane.name));
    const { name } = mark.plane;
    const found = this.planePanes.find((one) => one.name === name);
    if (found) viewer.onActivate(found.pane);
    viewer.marks.select(viewer.marks.all.find((one) => one.uid === mark.uid)?.id ?? null);
  }

  async toggle(what: What): Promise<void> {
    if (this.shown === what) this.leave();
    else await this.open(what);
  }

  /** Resolves when it is on the screen, or when it was said why it cannot be. */
  async open(what: What, base = this.base ?? this.viewer.shown): Promise<void> {
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
    if (this.shown !== "mpr") return;
    for (const plane of this.planes) plane.straighten();
    this.locateMiddle();
    this.toLocated();
  }

  /** The located point stays on the plane that its reader scrolls. */
  follow(pane: Pane): void {
    const { linking } = this.viewer;
    const plane = pane.viewport.plane();
    if (!plane || !linking.located || !this.planes.some((one) => one === pane.source)) return;
    const off = distanceTo(plane, linking.located);
    if (Math.abs(off) > plane.colMm / 1000) linking.located = add(linking.located, plane.normal, -off);
  }

  /** Turn the other planes about the normal of the one in `pane`, through the located point. */
  turnOthers(pane: Pane, angle: number): void {
    const axis = pane.viewport.plane()?.normal;
    const about = this.viewer.linking.located;
    const { module } = this;
    if (!axis || !about || !module) return;
    this.lookThrough(about, (plane) => (plane === pane.source ? null : module.turnedBasis(plane.basis, axis, angle)));
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

  /** Every plane in the direction that `basisOf` says (null: as it is), through a point; what is seen stays where it is on
   * the screen, and as large. */
  private lookThrough(point: Vec3, basisOf: (plane: PlaneSource) => Basis | null): void {
    for (const { pane, name } of this.planePanes) {
      const plane = this.planes.find((one) => one.name === name)!;
      const basis = basisOf(plane);
      if (!basis) continue;
      const { viewport } = pane;
      const [before, placed] = [viewport.plane(), viewport.placement()];
      plane.turnTo(basis, point);
      viewport.index = Math.min(viewport.index, plane.entry.count - 1);
      const after = planeOf(plane.entry, 0);
      if (!before || !placed || !after) continue;
      viewport.holdAt(fromPatient(after, point), toScreen(fromPatient(before, point), placed), (columnScale(placed) / before.colMm) * after.colMm);
    }
    this.toLocated();
  }

  /** Every plane shows the slice through the located point. */
  private toLocated(): void {
    const at = this.viewer.linking.located;
    for (const { pane } of this.planePanes) {
      const index = at && nearestFrame(pane.source!.entry, at);
      if (index !== null) void pane.viewport.scrollTo(index);
    }
    this.viewer.refresh();
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
    this.module = module;
    this.shown = what;
    const { panes } = viewer.stage;
    if (what === "mpr") {
      this.planes = ORDER.map((name) => new module.PlaneSource(volume, name));
      this.planes.forEach((plane, i) => viewer.putPlane(panes[i], base, plane));
      this.locateMiddle();
      viewer.marks.place((mark) => this.place(mark));
      viewer.keeping.drawOthers();
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
