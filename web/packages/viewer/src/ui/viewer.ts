import type { Manifest } from "../format/manifest";
import { bindKeys } from "../input/keys";
import type { SeriesLoader } from "../loading/series";
import type { FrameSource } from "../loading/source";
import { isMarkName } from "../marks/kinds";
import type { Pencil } from "../marks/pencil";
import type { PlaneRef } from "../marks/planeref";
import type { Scale } from "../marks/scale";
import type { Mark, MarkStore } from "../marks/store";
import type { Look } from "../render/device";
import type { Turn } from "../view/camera";
import { Cine, ownSpeed } from "../view/cine";
import type { Vec3 } from "../view/planes";
import type { ImagePoint, ScreenPoint } from "../view/points";
import type { Viewport, ViewportState } from "../view/viewport";
import { capture, save } from "./capture";
import { CineBar } from "./cinebar";
import type { Size } from "./commands";
import { CornerChoice } from "./cornerchoice";
import { button, el } from "./dom";
import { openHelp } from "./help";
import { icon } from "./icons";
import { Comparison } from "./comparison";
import type { CutLine } from "./crosshair";
import { Keeping, type ReaderIdentity } from "./keeping";
import { Layouts } from "./layouts";
import { Library, type Shown } from "./library";
import { Linking } from "./linking";
import { MarkBar } from "./markbar";
import { Marking } from "./marking";
import { Pane, type PaneHost, type Tool } from "./pane";
import { mark } from "./perf";
import { tamePage } from "./platform";
import { keyTarget } from "./keytarget";
import { isLargeText, setLargeText } from "./largetext";
import { watchSize } from "./screensize";
import { SecondWindow } from "./secondwindow";
import { ToolSheet } from "./sheet";
import { Stage } from "./stage";
import { SeriesStrip, takeSeries } from "./strip";
import { TagBrowser } from "./tags";
import { Toolbar } from "./toolbar";
import { isFirstVisit, startTour, tourOffer } from "./tour";
import { VolumeDesk } from "./volumes";

export interface ViewerOptions {
  studies: Manifest[];
  base: string;
  series?: string;
  renderer?: string | null;
  exam?: string;
  reader?: ReaderIdentity | null;
  onBack?: () => void;
}

type Switch = "hasCorners" | "hasMarks";
type LinkSwitch = "hasCuts" | "isSyncScroll" | "isSyncView";
const TOAST_MS = 5000;
const PROGRESS_MS = 200;
const GPU_PANES = 4; // browsers keep few WebGL contexts; further panes do without

/** The viewer: panes in a grid, a strip of series, one row of tools, the rest in a sheet. */
export class Viewer implements PaneHost {
  readonly library: Library;
  readonly stage: Stage;
  readonly keeping: Keeping;
  readonly layouts: Layouts;
  readonly second: SecondWindow;
  private readonly comparison: Comparison;
  private readonly tags: TagBrowser;
  readonly marking = new Marking(this, () => this.root);
  readonly cine: Cine;
  readonly sheet = new ToolSheet(this);
  readonly linking = new Linking(() => this.stage.panes);
  readonly volumes = new VolumeDesk(this);
  tool: Tool = "scroll";
  hasCorners = true;
  readonly cornerChoice = new CornerChoice();
  hasMarks = true;
  private readonly root: HTMLElement;
  private readonly strip: SeriesStrip;
  private readonly toolbar = new Toolbar(this);
  private readonly markBar = new MarkBar(this);
  private readonly cineBar: CineBar;
  private readonly parts = {
    title: el("h1", {}, "影像"),
    progress: el("div", { class: "cfv-progress", role: "status", "data-testid": "load-progress" }),
    bar: el("div"),
    toast: el("div", { class: "cfv-toast", role: "status", "data-testid": "toast", hidden: true }),
    offline: el("div", { class: "cfv-offline", role: "status", "data-testid": "offline", hidden: true }, "网络不通,正在重新连接…"),
  };
  private readonly places = new Map<string, number>();
  private readonly releases: (() => void)[] = [];
  private readonly shownIn = new Map<Pane, Shown>();
  private toastTimer = 0;
  private progressTimer = 0;

  constructor(
    host: HTMLElement,
    private readonly options: ViewerOptions,
  ) {
    this.library = new Library(options.studies, options.base, {
      onPixels: (entry, index) => this.onPixels(entry.id, index),
      onTrouble: (isOffline) => (this.parts.offline.hidden = !isOffline),
      onExpired: () => this.toast("登录已过期。请返回后重新验证,再看影像。", true),
      onRest: (entry) => this.onRest(entry.id),
    }, () => this.screenBytes()); // prettier-ignore
    this.keeping = new Keeping(this, this.reader, options.base);
    this.layouts = new Layouts(this, this.reader?.hanging ?? {}, options.base);
    this.second = new SecondWindow(this, options.studies[0]?.study.id ?? "");
    this.comparison = new Comparison(this, options.exam ?? "", options.base);
    this.tags = new TagBrowser(this, options.base);
    this.cine = new Cine((by) => this.scroll(this.active, this.viewport.index + by), () => ({ index: this.viewport.index, count: this.active.count }), {
      request: (tick) => requestAnimationFrame(tick),
      cancel: (timer) => cancelAnimationFrame(timer),
    });
    this.cineBar = new CineBar(this.cine, () => this.togglePlay());
    this.strip = new SeriesStrip(this.library, (index) => this.open(index));
    this.stage = new Stage((number) => this.makePane(number));
    const above = el("div", { class: "cfv-floats cfv-above" }, this.parts.offline, this.parts.toast);
    const below = el("div", { class: "cfv-floats" }, this.cineBar.root, this.markBar.root);
    const field = el("div", { class: "cfv-field" }, this.stage.root, el("div", { class: "cfv-bar" }, this.parts.bar), above, below, this.sheet.root);
    const area = el("div", { class: "cfv-area" }, this.volumes.bar.root, field);
    this.root = el("main", { class: "cfv" }, this.head(), this.strip.root, area, this.toolbar.root);
    host.replaceChildren(this.root);
    this.root.dataset.theme = this.reader && !this.keeping.isShared ? "light" : "dark";
    this.releases.push(tamePage(this.root));
    setLargeText(this.root, isLargeText());
    this.stage.setLayout(1, 1);
    this.releases.push(watchSize((size) => this.applySize(size)));
    this.releases.push(bindKeys(keyTarget(this)));
    if (isFirstVisit() && this.root.dataset.size !== "desk") above.append(tourOffer(this.root));
    this.listen("fullscreenchange", () => this.refresh());
    this.listen("visibilitychange", () => {
      if (document.hidden) this.library.memory.releaseHidden();
    });
  }

  get active(): Pane {
    return this.stage.active;
  }

  get reader(): ReaderIdentity | null {
    return this.options.reader ?? null;
  }

  get size(): Size {
    return (this.root.dataset.size as Size | undefined) ?? "phone";
  }

  get isLarge(): boolean {
    return this.root.hasAttribute("data-large");
  }

  get viewport(): Viewport {
    return this.active.viewport;
  }

  /** Whether a mark lies on a frame that is shown. */
  isShown(mark: Mark | null): boolean {
    return mark !== null && this.stage.panes.some(({ source, viewport }) => source?.entry.id === mark.series && viewport.index === mark.index);
  }

  /** The series in the active pane. */
  get shown(): Shown {
    return this.shownIn.get(this.active) ?? this.library.all[0];
  }

  get loader(): SeriesLoader {
    return this.library.loaderOf(this.shown.entry);
  }

  start(): void {
    const { all } = this.library;
    for (const manifest of this.options.studies) this.keeping.open(manifest);
    if (!all.length) return this.active.say("影像还没有准备好,请稍后再看。");
    const wanted = all.findIndex((s) => s.entry.id === this.options.series);
    if (wanted >= 0) this.open(wanted);
    else this.layouts.start();
  }

  /** Show a series in the active pane. */
  open(index: number): void {
    this.volumes.close();
    const shown = this.library.all[index];
    if (this.layouts.tiles.isOn) this.layouts.tiles.open(shown, Math.floor(shown.entry.count / 2));
    else this.put(this.active, shown);
  }

  /** The reader, a key or the cine loop wants this frame. */
  scroll(pane: Pane, index: number): void {
    if (this.layouts.tiles.isOn) this.layouts.tiles.scroll(pane, index);
    else void pane.viewport.scrollTo(index);
  }

  /** The series of a prior examination join the strip. */
  addStudy(manifest: Manifest): void {
    this.library.add(manifest);
    this.strip.grow();
    this.keeping.open(manifest);
  }

  openPriors(): void {
    void this.comparison.open(this.root);
  }

  openCornerChoice(): void {
    this.cornerChoice.open(this.root, () => this.refresh());
  }

  openTags(): void {
    void this.tags.open(this.root);
  }

  toggleLarge(): void {
    setLargeText(this.root, !this.isLarge);
    this.refresh();
  }

  setTool(tool: Tool): void {
    if (this.pencil.draft) this.pencil.cancel();
    this.tool = tool;
    if (isMarkName(tool)) {
      this.hasMarks = true;
      this.marks.select(null);
    }
    this.refresh();
  }

  toggle(name: Switch): void {
    this[name] = !this[name];
    this.refresh();
  }

  toggleLink(name: LinkSwitch): void {
    this.linking[name] = !this.linking[name];
    if (name === "isSyncScroll") this.linking.follow(this.active);
    this.refresh();
  }

  turn(by: Turn): void {
    this.view((port) => port.turn(by));
  }

  setLook(look: Partial<Look>): void {
    void this.viewport.setLook(look).then(() => this.refresh());
  }

  /** Change the active pane's view; linked panes follow. */
  view(change: (viewport: Viewport) => void): void {
    change(this.viewport);
    this.onView(this.active);
  }

  reset(): void {
    this.linking.located = null;
    this.marks.select(null);
    this.setTool("scroll");
    this.volumes.reset();
    void this.viewport.reset().then(() => this.refresh());
    this.onView(this.active);
  }

  /** One clear sentence for a few seconds; "" takes it away. */
  toast(text: string, stays = false): void {
    globalThis.clearTimeout(this.toastTimer);
    this.parts.toast.textContent = text;
    this.parts.toast.hidden = !text;
    if (text && !stays) this.toastTimer = window.setTimeout(() => this.toast(""), TOAST_MS);
  }

  /** Show a source that is not a series of the study, in place of one. */
  putPlane(pane: Pane, shown: Shown, source: FrameSource | null): void {
    this.shownIn.set(pane, shown);
    pane.show(source, shown.manifest.study, Math.floor((source?.entry.count ?? 0) / 2));
  }

  empty(pane: Pane): void {
    this.shownIn.delete(pane);
    pane.show(null, null, 0);
  }

  /** Show a series in a pane. */
  put(pane: Pane, shown: Shown): void {
    if (pane === this.active && this.cine.isPlaying) this.togglePlay();
    this.sheet.close();
    this.pencil.cancel();
    this.shownIn.set(pane, shown);
    const { entry, manifest } = shown;
    pane.show(this.library.loaderOf(entry), manifest.study, this.places.get(entry.id) ?? Math.floor(entry.count / 2));
    this.onShown();
  }

  /** `isFilled`: new panes take series that are not shown yet. */
  setLayout(rows: number, cols: number, isFilled = true): void {
    this.volumes.close();
    this.layouts.tiles.close();
    const used = new Set(this.stage.panes.map((pane) => this.shownIn.get(pane)));
    const made = this.stage.setLayout(rows, cols);
    for (const pane of [...this.shownIn.keys()]) if (!this.stage.panes.includes(pane)) this.shownIn.delete(pane);
    const free = this.library.all.filter((s) => s.entry.state === "ready" && !used.has(s));
    for (const pane of isFilled ? made : []) {
      const next = free.shift();
      if (next) this.put(pane, next);
    }
    this.onShown();
  }

  togglePlay(): void {
    if (this.cine.isPlaying) this.cine.stop();
    else {
      const { frame_time_ms, frame_times_ms } = this.shown.entry;
      this.cine.settings = { ...this.cine.settings, framesPerSecond: ownSpeed(frame_time_ms), frameTimesMs: frame_times_ms };
      this.cine.play();
    }
    this.refresh();
  }

  toggleFullScreen(): void {
    if (document.fullscreenElement) void document.exitFullscreen();
    else void this.root.requestFullscreen?.().catch(() => undefined);
  }

  startTour(): void {
    startTour(this.root);
  }

  /** Give the active pane's picture to the reader as a file. */
  async capture(): Promise<void> {
    const blob = await capture(this.active);
    if (blob) save(blob, `${this.shown.entry.modality}-${this.viewport.index + 1}.png`, this.root);
    else this.toast("现在没有可以保存的影像。");
  }

  openHelp(): void {
    openHelp(this.root, this);
  }

  dispose(): void {
    globalThis.clearTimeout(this.progressTimer);
    this.cine.stop();
    this.volumes.close();
    this.keeping.dispose();
    this.second.dispose();
    for (const release of this.releases) release();
    this.library.dispose();
    this.stage.dispose();
    this.root.remove();
  }

  // ---- what panes ask and tell

  get marks(): MarkStore {
    return this.marking.store;
  }

  get pencil(): Pencil {
    return this.marking.pencil;
  }

  scaleOf(source: FrameSource, index: number, points?: ImagePoint[]): Scale {
    return this.marking.scaleOf(source, index, points);
  }

  get located(): Vec3 | null {
    return this.linking.located;
  }

  cutsIn(pane: Pane): CutLine[] {
    return this.volumes.shown === "mpr" && this.linking.hasCuts ? this.volumes.crosshair.linesIn(pane) : this.linking.cutsIn(pane);
  }

  planeRef(pane: Pane): PlaneRef | undefined {
    return this.volumes.refOf(pane);
  }

  turnPlanes(pane: Pane, at: ScreenPoint, phase: "down" | "move" | "up"): boolean {
    return this.volumes.crosshair.on(pane, at, phase);
  }

  onActivate(pane: Pane): void {
    if (pane === this.active) return;
    if (this.cine.isPlaying) this.togglePlay();
    this.stage.activate(pane);
    this.onShown();
  }

  onDrawn(pane: Pane, state: ViewportState): void {
    if (state.hasPicture) mark("firstImage");
    this.library.memory.shrink(); // what was drawn may hold more than what was drawn before
    if (pane.source) this.places.set(pane.source.entry.id, state.index);
    if (pane !== this.active || this.linking.isMoving) return;
    this.volumes.follow(pane);
    this.linking.follow(pane);
    this.second.tell(pane);
    for (const other of this.stage.panes) if (other !== pane) other.refresh();
  }

  onLocate(pane: Pane, point: Vec3): void {
    this.linking.locate(pane, point);
    this.refresh();
  }

  onView(pane: Pane): void {
    this.volumes.followWindow(pane);
    this.linking.copyView(pane);
  }

  onReset(): void {
    this.reset();
  }

  // ---- inside

  private makePane(number: number): Pane {
    const pane = new Pane(this, number, number < GPU_PANES ? (this.options.renderer ?? null) : "2d");
    takeSeries(pane.root, (index) => {
      this.onActivate(pane);
      this.open(index);
    });
    return pane;
  }

  /** Other series are on the screen, or another pane is the active one. */
  onShown(): void {
    const shown = this.stage.panes.flatMap((pane) => this.shownIn.get(pane) ?? []);
    this.library.setActive(shown.map((s) => s.entry));
    this.strip.mark(this.library.all.indexOf(this.shown), new Set(shown.map((s) => this.library.all.indexOf(s))));
    const { entry } = this.shown ?? {};
    this.parts.title.textContent = entry?.description || entry?.modality || "影像";
    document.title = `${this.parts.title.textContent} · 影像`;
    this.showProgress();
    this.refresh();
  }

  refresh(): void {
    for (const pane of this.stage?.panes ?? []) pane.refresh();
    this.toolbar.refresh();
    this.markBar.refresh();
    this.cineBar.refresh();
    this.volumes.bar.refresh();
  }

  private onPixels(series: string, index: number | null): void {
    for (const pane of this.stage.panes) {
      if (pane.source?.entry.id !== series) continue;
      if ((index === null || index === pane.viewport.index) && pane.viewport.isStale) void pane.viewport.redraw();
    }
    // a word and a bar for every frame would keep the screen busier than the frames do
    this.progressTimer ||= window.setTimeout(() => this.showProgress(), PROGRESS_MS);
  }

  private onRest(series: string): void {
    if (series === this.shown.entry.id && this.loader.loadedCount >= this.shown.entry.count) mark("allLoaded");
    this.showProgress();
    this.library.loadNext();
  }

  private showProgress(): void {
    globalThis.clearTimeout(this.progressTimer);
    this.progressTimer = 0;
    const { entry } = this.shown ?? {};
    if (!entry) return;
    const loader = entry.state === "ready" ? this.library.loaderOf(entry) : null;
    const loaded = loader ? loader.loadedCount : entry.count;
    const isDone = loaded >= entry.count;
    const isAtRest = loader?.isAtRest ?? true; // memory is full: the others come where the reader goes
    this.parts.progress.textContent = isDone ? "" : `已载入 ${loaded} / ${entry.count} 幅${isAtRest ? ",其余翻到时载入" : ""}`;
    this.parts.bar.style.transform = `scaleX(${isDone || isAtRest ? 0 : loaded / entry.count})`;
  }

  /** What canvases, textures and a volume hold. */
  private screenBytes(): number {
    const panes = this.stage?.panes ?? [];
    return panes.reduce((sum, pane) => sum + pane.viewport.bytes, this.volumes?.bytes ?? 0);
  }

  private head(): HTMLElement {
    const goBack = (): void => (this.options.onBack ? this.options.onBack() : history.back());
    const back = button({ class: "cfv-back", "data-testid": "back", "aria-label": "返回" }, goBack, icon("back"), "返回");
    return el("header", { class: "cfv-head" }, back, this.parts.title, this.keeping.chip, this.parts.progress);
  }

  private listen(event: "fullscreenchange" | "visibilitychange", act: () => void): void {
    document.addEventListener(event, act);
    this.releases.push(() => document.removeEventListener(event, act));
  }

  private applySize(size: Size): void {
    this.root.dataset.size = size;
    this.toolbar.setSize(size);
    this.sheet.setSize(size);
  }
}
