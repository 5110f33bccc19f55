import type { Manifest, SeriesEntry } from "../format/manifest";
import { bindKeys } from "../input/keys";
import { PointerInput, type Tool } from "../input/pointer";
import { memoryBudget } from "../loading/budget";
import { DecodePool } from "../loading/pool";
import { SeriesLoader } from "../loading/series";
import { Viewport, type ViewportState } from "../view/viewport";
import { presetsFor } from "../view/windows";
import { Corners } from "./corners";
import { el, icon, toolButton } from "./dom";
import { mark } from "./perf";
import { SeriesStrip } from "./strip";

interface Shown {
  entry: SeriesEntry;
  manifest: Manifest;
}

export interface ViewerOptions {
  studies: Manifest[];
  base: string;
  series?: string;
  renderer?: string | null;
  onBack?: () => void;
}

const CINE_MS = 100;

/** The viewer: one series at a time, a strip of the others, few tools with words. */
export class Viewer {
  readonly viewport: Viewport;
  private readonly root: HTMLElement;
  private readonly all: Shown[];
  private readonly pool = new DecodePool(Math.min(Math.max((navigator.hardwareConcurrency || 2) - 1, 1), 4));
  private readonly loaders = new Map<string, SeriesLoader>();
  private readonly corners = new Corners();
  private readonly strip: SeriesStrip;
  private readonly parts = {
    title: el("h1", {}, "影像"),
    progress: el("div", { class: "cfv-progress", role: "status", "data-testid": "load-progress" }),
    bar: el("div"),
    notice: el("div", { class: "cfv-notice", role: "alert", "data-testid": "notice", hidden: true }),
    offline: el("div", { class: "cfv-offline", role: "status", hidden: true }, "网络不通,正在重新连接…"),
    slider: el("input", { type: "range", min: 0, max: 0, step: 1, "aria-label": "第几幅", "data-testid": "slice-slider" }),
    sheet: el("div", { class: "cfv-sheet cfv-panel", hidden: true, "data-testid": "more-sheet" }),
  };
  private readonly tools = new Map<Tool, HTMLButtonElement>();
  private readonly unbindKeys: () => void;
  private tool: Tool = "scroll";
  private current = 0;
  private state: ViewportState | null = null;
  private cine = 0;
  private playButton: HTMLButtonElement | null = null;

  constructor(host: HTMLElement, private readonly options: ViewerOptions) {
    this.all = options.studies.flatMap((manifest) => manifest.series.map((entry) => ({ entry, manifest })));
    const stage = el("div", { class: "cfv-stage", "data-testid": "stage" });
    this.strip = new SeriesStrip(this.all.map((s) => s.entry), options.base, (e) => this.revisionOf(e), (i) => this.open(i));
    this.root = el("main", { class: "cfv" }, this.head(), this.strip.root, stage, this.toolbar());
    host.replaceChildren(this.root);
    this.viewport = new Viewport(stage, options.renderer ?? null, (state) => this.onDraw(state));
    const slider = el("div", { class: "cfv-slider" }, this.parts.slider);
    stage.append(el("div", { class: "cfv-bar" }, this.parts.bar), this.corners.root, slider, this.parts.offline, this.parts.notice, this.parts.sheet);
    this.parts.slider.addEventListener("input", () => void this.viewport.scrollTo(Number(this.parts.slider.value)));
    const v = this.viewport;
    new PointerInput(stage, {
      tool: () => this.tool,
      scrollBy: (n) => v.scrollBy(n),
      dragWindow: (x, y) => v.dragWindow(x, y),
      pan: (x, y) => v.pan(x, y),
      zoom: (f, at) => v.zoom(f, at),
      reset: () => this.reset(),
    });
    this.unbindKeys = bindKeys({
      scrollBy: (n) => v.scrollBy(n),
      scrollToEnd: (isLast) => void v.scrollTo(isLast ? this.shown.entry.count - 1 : 0),
      nextSeries: (step) => this.open((this.current + step + this.all.length) % this.all.length),
      reset: () => this.reset(),
      togglePlay: () => this.togglePlay(),
    });
  }

  /** The series on the screen. */
  get shown(): Shown {
    return this.all[this.current];
  }

  get loader(): SeriesLoader {
    return this.loaders.get(this.shown.entry.id)!;
  }

  start(): void {
    if (!this.all.length) {
      this.say("影像还没有准备好,请稍后再看。");
      return;
    }
    const wanted = this.all.findIndex((s) => s.entry.id === this.options.series);
    const first = this.all.findIndex((s) => s.entry.state === "ready");
    this.open(wanted >= 0 ? wanted : Math.max(first, 0));
  }

  open(index: number): void {
    this.stopCine();
    for (const loader of this.loaders.values()) loader.pause();
    this.current = index;
    const { entry } = this.shown;
    this.strip.mark(index);
    this.parts.title.textContent = entry.description || entry.modality || "影像";
    document.title = `${this.parts.title.textContent} · 影像`;
    this.parts.slider.max = String(Math.max(entry.count - 1, 0));
    this.parts.slider.parentElement!.hidden = entry.count < 2;
    this.closeSheet();
    const middle = Math.floor(entry.count / 2);
    const known = this.loaders.get(entry.id);
    const loader = known ?? this.makeLoader(entry);
    this.viewport.show(loader, middle);
    if (entry.state !== "ready") this.say(entry.message || "这组影像暂时不能显示。");
    else {
      this.say("");
      if (known) loader.resume();
      else void loader.start(middle);
    }
    this.showProgress();
  }

  setTool(tool: Tool): void {
    this.tool = tool;
    for (const [name, button] of this.tools) button.setAttribute("aria-pressed", String(name === tool));
  }

  reset(): void {
    this.viewport.reset();
    this.setTool("scroll");
  }

  dispose(): void {
    this.stopCine();
    this.unbindKeys();
    for (const loader of this.loaders.values()) loader.close();
    this.pool.close();
    this.viewport.dispose();
    this.root.remove();
  }

  private revisionOf(entry: SeriesEntry): number | string {
    const own = (entry as SeriesEntry & { revision?: number }).revision;
    return own ?? this.all.find((s) => s.entry === entry)?.manifest.revision ?? 0;
  }

  private makeLoader(entry: SeriesEntry): SeriesLoader {
    const isTouch = matchMedia("(pointer: coarse)").matches;
    const memory = (navigator as Navigator & { deviceMemory?: number }).deviceMemory;
    const isShown = () => this.shown.entry === entry;
    const redraw = () => {
      if (isShown()) void this.viewport.redraw();
    };
    const loader: SeriesLoader = new SeriesLoader(entry, this.options.base, this.revisionOf(entry), this.pool, memoryBudget(memory, isTouch), {
      onPreview: () => redraw(),
      onFrame: (index) => {
        if (isShown() && index === this.state?.index) redraw();
        this.showProgress();
      },
      onProblem: () => redraw(),
      onTrouble: (isOffline) => {
        this.parts.offline.hidden = !isOffline;
      },
      onAllLoaded: () => {
        if (isShown()) mark("allLoaded");
        this.showProgress();
        this.loadNext();
      },
    });
    this.loaders.set(entry.id, loader);
    return loader;
  }

  /** The shown series is whole: fetch the next one quietly. */
  private loadNext(): void {
    const next = this.all.find((s) => s.entry.state === "ready" && !this.loaders.has(s.entry.id));
    if (next) void this.makeLoader(next.entry).start(Math.floor(next.entry.count / 2));
  }

  private onDraw(state: ViewportState): void {
    this.state = state;
    const { entry, manifest } = this.shown;
    if (state.isExact || this.loader?.previews.size) mark("firstImage");
    this.corners.show(manifest.study, entry, state);
    if (this.parts.slider.value !== String(state.index)) this.parts.slider.value = String(state.index);
    this.parts.slider.setAttribute("aria-valuetext", `第 ${state.index + 1} 幅,共 ${entry.count} 幅`);
    if (entry.state === "ready") this.say(state.problem ? `第 ${state.index + 1} 幅影像损坏,无法显示,其余影像不受影响。` : "");
  }

  private say(text: string): void {
    this.parts.notice.textContent = text;
    this.parts.notice.hidden = !text;
  }

  private showProgress(): void {
    const { entry } = this.shown;
    const loaded = this.loaders.get(entry.id)?.loadedCount ?? 0;
    const isDone = loaded >= entry.count || entry.state !== "ready";
    this.parts.progress.textContent = isDone ? "" : `已载入 ${loaded} / ${entry.count} 幅`;
    this.parts.bar.style.transform = `scaleX(${isDone ? 0 : loaded / entry.count})`;
  }

  private head(): HTMLElement {
    const back = el("button", { type: "button", class: "cfv-back", "data-testid": "back", "aria-label": "返回" }, icon("back"), "返回");
    back.addEventListener("click", () => (this.options.onBack ? this.options.onBack() : history.back()));
    return el("header", { class: "cfv-head" }, back, this.parts.title, this.parts.progress);
  }

  private toolbar(): HTMLElement {
    const bar = el("div", { class: "cfv-tools cfv-panel", role: "toolbar", "aria-label": "工具" });
    const tools: [Tool, string][] = [["scroll", "翻页"], ["window", "调窗"], ["pan", "移动"], ["zoom", "缩放"]];
    for (const [name, word] of tools) {
      const button = toolButton(`tool-${name}`, name, word, () => this.setTool(name));
      this.tools.set(name, button);
      bar.append(button);
    }
    bar.append(toolButton("reset", "reset", "复位", () => this.reset()));
    bar.append(toolButton("more", "more", "更多", () => this.toggleSheet()));
    this.setTool("scroll");
    return bar;
  }

  private toggleSheet(): void {
    if (!this.parts.sheet.hidden) return this.closeSheet();
    const presets = el("div", { class: "cfv-presets" });
    const now = this.viewport.currentWindow();
    for (const preset of presetsFor(this.shown.entry)) {
      const isNow = preset.center === now.center && preset.width === now.width;
      const size = el("small", {}, `窗宽 ${Math.round(preset.width)} 窗位 ${Math.round(preset.center)}`);
      const button = el("button", { type: "button", "data-testid": `preset-${preset.name}`, "aria-pressed": String(isNow) }, preset.name, size);
      button.addEventListener("click", () => {
        void this.viewport.setWindow(preset);
        this.closeSheet();
      });
      presets.append(button);
    }
    const others = el("div", { class: "cfv-presets" });
    this.playButton = el("button", { type: "button", "data-testid": "cine" }, this.cine ? "停止播放" : "自动播放");
    this.playButton.addEventListener("click", () => {
      this.togglePlay();
      this.closeSheet();
    });
    const info = el("button", { type: "button", "data-testid": "toggle-corners" }, this.corners.root.hidden ? "显示四角信息" : "隐藏四角信息");
    info.addEventListener("click", () => {
      this.corners.root.hidden = !this.corners.root.hidden;
      this.closeSheet();
    });
    others.append(this.playButton, info);
    this.parts.sheet.replaceChildren(el("h2", {}, "窗口预设"), presets, el("h2", {}, "其他"), others);
    this.parts.sheet.hidden = false;
  }

  private closeSheet(): void {
    this.parts.sheet.hidden = true;
  }

  private togglePlay(): void {
    if (this.cine) return this.stopCine();
    const ms = this.shown.entry.frame_time_ms ?? CINE_MS;
    this.cine = window.setInterval(() => {
      const next = ((this.state?.index ?? 0) + 1) % this.shown.entry.count;
      void this.viewport.scrollTo(next);
    }, ms);
  }

  private stopCine(): void {
    window.clearInterval(this.cine);
    this.cine = 0;
  }
}
