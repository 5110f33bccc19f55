import { realRowsOf, type SeriesEntry, type StudyFacts } from "../format/manifest";
import type { DragTool } from "../input/pointer";
import { PointerInput } from "../input/pointer";
import type { FrameSource } from "../loading/source";
import { hitMark } from "../marks/hit";
import { KINDS, isMarkName } from "../marks/kinds";
import type { MarkContext, MarkName } from "../marks/kind";
import type { DrawnMark } from "../marks/draw";
import type { Pencil, Sheet } from "../marks/pencil";
import type { PlaneRef } from "../marks/planeref";
import type { Scale } from "../marks/scale";
import { suv, trim } from "../marks/regions";
import { valueAt } from "../marks/statistics";
import type { Mark, MarkStore } from "../marks/store";
import { toImage, toScreen } from "../view/camera";
import { fromPatient, toPatient, type Vec3 } from "../view/planes";
import type { ImagePoint, ScreenPoint } from "../view/points";
import { Viewport, type ViewportState } from "../view/viewport";
import type { CornerChoice } from "./cornerchoice";
import { Corners } from "./corners";
import type { CutLine } from "./crosshair";
import { el } from "./dom";
import { Lens } from "./lens";
import { Overlay } from "./overlay";

export type Tool = DragTool | MarkName;

/** What all panes share, and whom they tell. */
export interface PaneHost {
  readonly tool: Tool;
  readonly marks: MarkStore;
  readonly pencil: Pencil;
  readonly hasCorners: boolean;
  readonly cornerChoice: CornerChoice;
  readonly hasMarks: boolean;
  /** The last located point of the patient. */
  readonly located: Vec3 | null;
  scaleOf(source: FrameSource, index: number, points?: ImagePoint[]): Scale;
  cutsIn(pane: Pane): CutLine[];
  onActivate(pane: Pane): void;
  /** The reader wants this frame here. */
  scroll(pane: Pane, index: number): void;
  onDrawn(pane: Pane, state: ViewportState): void;
  onLocate(pane: Pane, point: Vec3): void;
  /** Of the rebuilt plane that it shows. */
  planeRef(pane: Pane): PlaneRef | undefined;
  /** Turn rebuilt planes by their handles; false where none is held. */
  turnPlanes(pane: Pane, at: ScreenPoint, phase: "down" | "move" | "up"): boolean;
  /** The reader changed this pane's camera or window. */
  onView(pane: Pane): void;
  onReset(): void;
}

const SMALL_PX = 300;
const REACH_PX = { touch: 26, mouse: 10 };

/** One cell: an image with its corners, marks, slider and notices. */
export class Pane {
  readonly root: HTMLElement;
  readonly viewport: Viewport;
  study: StudyFacts | null = null;
  state: ViewportState | null = null;
  private readonly corners = new Corners();
  private readonly overlay = new Overlay();
  private readonly lens = new Lens();
  private readonly notice = el("div", { class: "cfv-notice", role: "alert", "data-testid": "notice", hidden: true });
  private readonly slider = el("input", { type: "range", min: 0, max: 0, step: 1, "aria-label": "第几幅", "data-testid": "slice-slider" });
  private readonly sliderBox = el("div", { class: "cfv-slider" }, this.slider);
  private readonly key = el("div", { class: "cfv-key", "data-testid": "key-badge", hidden: true }, "★ 关键影像");
  private readonly waiting = el("div", { class: "cfv-waiting", "data-testid": "waiting", hidden: true }, "正在打开影像…");
  private probe = "";

  constructor(
    private readonly host: PaneHost,
    number: number,
    device: string | null,
  ) {
    this.root = el("section", { class: "cfv-pane", "data-testid": `pane-${number}`, "aria-label": `影像格 ${number + 1}`, tabindex: 0 });
    this.root.append(this.overlay.root, this.corners.root, this.key, this.sliderBox, this.waiting, this.notice, this.lens.root);
    this.viewport = new Viewport(this.root, device, (state) => this.onDraw(state));
    this.slider.addEventListener("input", () => host.scroll(this, Number(this.slider.value)));
    this.root.addEventListener("pointerdown", () => host.onActivate(this), { capture: true });
    this.root.addEventListener("focusin", () => host.onActivate(this));
    this.bindPointer();
  }

  get source(): FrameSource | null {
    return this.viewport.source;
  }

  get overlayRoot(): SVGElement {
    return this.overlay.root;
  }

  get count(): number {
    return this.source?.entry.count ?? 0;
  }

  show(source: FrameSource | null, study: StudyFacts | null, index: number): void {
    this.study = study;
    this.state = null;
    this.probe = "";
    this.slider.max = String(Math.max((source?.entry.count ?? 0) - 1, 0));
    this.sliderBox.hidden = !source || source.entry.count < 2;
    const state = source?.entry.state;
    this.say(source && state !== "ready" ? source.entry.message || "这组影像暂时不能显示。" : "");
    this.waiting.hidden = state !== "ready";
    this.overlay.clear();
    this.key.hidden = true;
    this.corners.root.hidden = !source;
    void this.viewport.show(source, index);
  }

  /** Marks, lines or corners have changed, the pixels have not. */
  refresh(): void {
    const { state, source } = this;
    if (!state || !source) return;
    const { host, viewport } = this;
    const scale = host.scaleOf(source, state.index);
    const cross = host.located && viewport.plane() ? toScreen(fromPatient(viewport.plane()!, host.located), state.placement) : null;
    const content = { marks: host.hasMarks ? this.drawnMarks() : [], cuts: host.cutsIn(this), cross, hasScaleBar: host.hasCorners && host.cornerChoice.has("scale") };
    const detail = !host.hasCorners ? "none" : Math.min(viewport.box.clientWidth, viewport.box.clientHeight) < SMALL_PX ? "brief" : "full";
    this.key.hidden = !host.marks.on(source.entry.id, state.index).some((mark) => mark.kind === "key");
    this.overlay.draw(content, state.placement, scale, viewport.box.clientWidth, viewport.box.clientHeight);
    this.corners.show(this.study, source.entry, state, viewport.camera.turn, this.probe, detail, host.cornerChoice);
  }

  say(text: string): void {
    this.notice.textContent = text;
    this.notice.hidden = !text;
  }

  /** What a mark would be drawn on now; null before the first drawing. */
  sheet(): Sheet | null {
    const { source, state } = this;
    const placement = this.viewport.placement();
    if (!source || !state || !placement || source.entry.state !== "ready") return null;
    return { series: source.entry.id, index: this.viewport.index, placement, scale: this.host.scaleOf(source, this.viewport.index), plane: this.host.planeRef(this) };
  }

  contextOf(text: string, points?: ImagePoint[]): MarkContext {
    const source = this.source!;
    const shape = this.viewport.shape()!;
    const { slope, intercept, unit } = shape;
    const { index } = this.viewport;
    return { scale: this.host.scaleOf(source, index, points), frame: source.frameAt(index), slope, intercept, unit, suvFactor: shape.suv_factor, text };
  }

  dispose(): void {
    this.lens.dispose();
    this.viewport.dispose();
    this.root.remove();
  }

  private onDraw(state: ViewportState): void {
    this.state = state;
    const entry = this.source!.entry;
    this.slider.max = String(Math.max(entry.count - 1, 0));
    if (this.slider.value !== String(state.index)) this.slider.value = String(state.index);
    this.viewport.canvas.setAttribute("aria-label", `${entry.description || entry.modality || "影像"},第 ${state.index + 1} 幅,共 ${entry.count} 幅`);
    this.slider.setAttribute("aria-valuetext", `第 ${state.index + 1} 幅,共 ${entry.count} 幅`);
    if (entry.state === "ready") this.say(this.noticeOf(entry, state));
    this.waiting.hidden = entry.state !== "ready" || state.hasPicture || state.problem !== "";
    this.refresh();
    this.host.onDrawn(this, state);
  }

  private noticeOf(entry: SeriesEntry, state: ViewportState): string {
    if (state.problem) return `第 ${state.index + 1} 幅影像损坏,无法显示,其余影像不受影响。`;
    const rows = realRowsOf(entry, state.index);
    if (rows === null) return "";
    return `第 ${state.index + 1} 幅影像数据不完整:只收到上方 ${rows} 行,下方黑色部分没有影像;请联系检查科室。`;
  }

  private drawnMarks(): DrawnMark[] {
    const { pencil, marks } = this.host;
    const source = this.source!;
    const moved = pencil.moved;
    const drawn = (mark: Mark): DrawnMark => this.drawn(mark.id, mark.kind, mark.points, mark.text, mark.id === marks.selected?.id);
    const theirs = marks.others.filter((mark) => mark.series === source.entry.id && mark.index === this.viewport.index);
    const here = marks.on(source.entry.id, this.viewport.index).map((mark) => drawn(moved?.id === mark.id ? moved : mark));
    const { draft } = pencil;
    if (draft && draft.series === source.entry.id && draft.index === this.viewport.index) here.push(this.drawn(null, draft.kind, draft.points, "", true));
    for (const mark of theirs) {
      const theirsDrawn = drawn(mark);
      here.push({ ...theirsDrawn, reading: [...theirsDrawn.reading, `— ${mark.author}`], author: mark.author, isSelected: false });
    }
    return here.filter((mark) => mark.kind.outline(mark.points, mark.scale).length || mark.points.length === 1);
  }

  private drawn(id: number | null, kind: MarkName, points: ImagePoint[], text: string, isSelected: boolean): DrawnMark {
    const context = this.contextOf(text, points);
    const reading = KINDS[kind].read(points, context);
    if (text && !KINDS[kind].asksText && !KINDS[kind].hasHead) reading.unshift(text);
    return { id, kind: KINDS[kind], points, reading, scale: context.scale, isSelected };
  }

  private bindPointer(): void {
    const { host, viewport: v } = this;
    const withSheet = (act: (sheet: Sheet) => void): void => {
      const sheet = this.sheet();
      if (sheet) act(sheet);
    };
    const viewed = (act: () => void): void => {
      act();
      host.onView(this);
    };
    const drawing = (at: ScreenPoint, isTouch: boolean): void => {
      if (isTouch) this.lens.show(at, v, true);
    };
    new PointerInput(this.root, {
      tool: () => (isMarkName(host.tool) ? "draw" : host.tool),
      grab: (at, isTouch) => this.grab(at, isTouch),
      drawDown: (at) => withSheet((sheet) => host.pencil.down(host.tool as MarkName, at, sheet)),
      drawMove: (at, isTouch) => {
        withSheet((sheet) => host.pencil.move(at, sheet));
        drawing(at, isTouch);
      },
      drawUp: (at) => {
        this.lens.hide();
        withSheet((sheet) => host.pencil.up(at, sheet));
      },
      cancelDraw: () => {
        this.lens.hide();
        host.pencil.cancel();
      },
      scrollBy: (frames) => host.scroll(this, v.index + frames),
      dragWindow: (dx, dy) => viewed(() => v.dragWindow(dx, dy)),
      pan: (dx, dy) => viewed(() => v.pan(dx, dy)),
      zoom: (factor, focus) => viewed(() => v.zoom(factor, focus)),
      lookAt: (at, isTouch) => (at ? this.lens.show(at, v, isTouch) : this.lens.hide()),
      locate: (at, phase) => this.locate(at, phase),
      hover: (at) => this.hover(at),
      tap: (at, isTouch) => this.tap(at, isTouch),
      longPress: (at) => {
        this.tap(at, true);
        if (host.marks.selected) navigator.vibrate?.(10);
      },
      doubleTap: () => host.onReset(),
    });
  }

  /** With a measuring tool any mark may be seized; else only the selected one. */
  private grab(at: ScreenPoint, isTouch: boolean): boolean {
    const { host } = this;
    const sheet = this.sheet();
    if (!sheet || !host.hasMarks) return false;
    const reach = REACH_PX[isTouch ? "touch" : "mouse"];
    const hit = hitMark(host.marks.on(sheet.series, sheet.index), at, sheet.placement, sheet.scale, reach);
    if (!hit || (!isMarkName(host.tool) && hit.mark.id !== host.marks.selected?.id)) return false;
    return host.pencil.grab(at, sheet, reach);
  }

  private tap(at: ScreenPoint, isTouch: boolean): void {
    const sheet = this.sheet();
    if (!sheet) return;
    const { marks, hasMarks } = this.host;
    const hit = hasMarks && hitMark(marks.on(sheet.series, sheet.index), at, sheet.placement, sheet.scale, REACH_PX[isTouch ? "touch" : "mouse"]);
    marks.select(hit ? hit.mark.id : null);
  }

  private hover(at: ScreenPoint | null): void {
    const { pencil } = this.host;
    const sheet = this.sheet();
    if (at && sheet && pencil.draft) pencil.move(at, sheet);
    const probe = at && sheet ? this.valueUnder(toImage(at, sheet.placement)) : "";
    if (probe === this.probe) return;
    this.probe = probe;
    this.refresh();
  }

  private valueUnder(p: ImagePoint): string {
    const { frame, slope, intercept, unit, suvFactor } = this.contextOf("");
    const values = frame && valueAt(frame, slope, intercept, p.x, p.y);
    if (!values) return "";
    return `(${Math.floor(p.x)}, ${Math.floor(p.y)}) ${[`${values.map(trim).join(", ")}${unit ? ` ${unit}` : ""}`, ...suv(values[0], suvFactor)].join(" · ")}`;
  }

  private locate(at: ScreenPoint, phase: "down" | "move" | "up"): void {
    if (this.host.turnPlanes(this, at, phase)) return;
    const plane = this.viewport.plane();
    const placement = this.viewport.placement();
    if (plane && placement) this.host.onLocate(this, toPatient(plane, toImage(at, placement)));
  }
}
