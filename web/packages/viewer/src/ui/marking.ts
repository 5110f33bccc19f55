import { shapeOf, type SeriesEntry } from "../format/manifest";
import type { FrameSource } from "../loading/source";
import { KINDS } from "../marks/kinds";
import { Pencil } from "../marks/pencil";
import { boxOf, isInBox } from "../marks/regions";
import { lengthOf, scaleOf, type Scale } from "../marks/scale";
import { statisticsIn } from "../marks/statistics";
import { MarkStore, type Mark } from "../marks/store";
import type { ImagePoint } from "../view/points";
import { windowAround } from "../view/windows";
import { ask } from "./ask";
import type { Viewer } from "./viewer";

/** Making, wording, finding and erasing marks; and what a reader calibrated. */
export class Marking {
  readonly store: MarkStore;
  readonly pencil: Pencil;

  constructor(
    private readonly viewer: Viewer,
    private readonly host: () => HTMLElement,
  ) {
    this.store = new MarkStore(() => {
      viewer.keeping.noticed();
      viewer.refresh();
    });
    this.pencil = new Pencil(this.store, () => viewer.refresh(), (made) => void this.onMade(made));
  }

  /** Of a frame, or of a mark at `points` in it. */
  scaleOf(source: FrameSource, index: number, points?: ImagePoint[]): Scale {
    return scaleOf(shapeOf(source.entry, index), this.calibratedMm(source.entry, index), points);
  }

  deleteSelected(): void {
    if (this.store.selected) this.store.remove(this.store.selected.id);
  }

  /** Erase every mark of the series in the active pane. */
  clearSeries(): void {
    const id = this.viewer.active.source?.entry.id;
    if (id) this.store.clear(id);
  }

  /** The frame in the active pane becomes a key image, or is one no longer. */
  toggleKey(): void {
    const sheet = this.viewer.active.sheet();
    if (!sheet) return;
    const { series, index, plane } = sheet;
    const was = this.keyOn(series, index);
    if (was) this.store.remove(was.id);
    else this.store.add({ kind: "key", series, index, points: [], text: "", plane });
    this.store.select(null);
  }

  keyOn(series: string, index: number): Mark | undefined {
    return this.store.on(series, index).find((mark) => mark.kind === "key");
  }

  /** What a mark says: its name, and its reading where the pixels are here. */
  sentence(mark: Mark): string {
    const shown = this.viewer.library.all.find((s) => s.entry.id === mark.series);
    const ready = shown?.entry.state === "ready" ? this.viewer.library.loaderOf(shown.entry) : null;
    const source = ready ?? this.viewer.volumes.sourceOf(mark.series);
    if (!source || mark.kind === "key" || KINDS[mark.kind].asksText) return mark.text;
    const { slope, intercept, unit, suv_factor } = shapeOf(source.entry, mark.index);
    const scale = this.scaleOf(source, mark.index, mark.points);
    const frame = source.frameAt(mark.index);
    const [reading] = KINDS[mark.kind].read(mark.points, { scale, frame, slope, intercept, unit, suvFactor: suv_factor, text: "" });
    return [mark.text, reading].filter(Boolean).join(" ");
  }

  async rename(target: Mark): Promise<void> {
    const isText = KINDS[target.kind].asksText;
    if (isText) return void (await this.askText(target));
    const text = await ask(this.host(), { title: `给“${KINDS[target.kind].word}”起个名字`, label: "名字", value: target.text, isNumber: false });
    if (text !== null) this.store.replace({ ...target, text });
  }

  finish(): void {
    const sheet = this.viewer.active.sheet();
    if (sheet) this.pencil.finish(sheet);
  }

  /** Ask for the text of the selected mark. */
  async editText(): Promise<void> {
    if (this.store.selected) await this.askText(this.store.selected);
  }

  /** Show the frame that a mark is on, and select it. */
  goTo(target: Mark): void {
    const { viewer } = this;
    if (target.plane) return void viewer.volumes.showMark(target);
    const pane = viewer.stage.panes.find((one) => one.source?.entry.id === target.series);
    const index = viewer.library.all.findIndex((s) => s.entry.id === target.series);
    if (pane) viewer.onActivate(pane);
    else if (index >= 0) viewer.open(index);
    else return;
    void viewer.viewport.scrollTo(target.index);
    this.store.select(target.id);
  }

  private async onMade(made: Mark): Promise<void> {
    if (made.kind === "region") return this.windowBy(made);
    if (KINDS[made.kind].asksText && !(await this.askText(made))) this.store.forget(made.id);
  }

  /** The window that spans what lies in a rectangle; the rectangle goes. */
  private windowBy(made: Mark): void {
    this.store.forget(made.id);
    const { frame, slope, intercept } = this.viewer.active.contextOf("");
    const found = frame && statisticsIn(frame, slope, intercept, boxOf(made.points), isInBox(boxOf(made.points)));
    if (!found) return this.viewer.toast("请在图像上拉一个方框。");
    this.viewer.view((port) => void port.setWindow(windowAround(found.min, found.max)));
  }

  private async askText(target: Mark): Promise<boolean> {
    const isNumber = target.kind === "calibrate";
    const label = isNumber ? "这条线的真实长度(毫米)" : "写下文字";
    const text = await ask(this.host(), { title: KINDS[target.kind].word, label, value: target.text, isNumber });
    if (!text || (isNumber && !(Number(text) > 0))) return false;
    this.store.replace({ ...target, text });
    return true;
  }

  /** What the reader last said one column of this frame is long; null when they have not. */
  private calibratedMm(entry: SeriesEntry, index: number): number | null {
    const key = calibrationKey(entry, index);
    const isMeant = (mark: Mark): boolean => mark.kind === "calibrate" && mark.series === entry.id && calibrationKey(entry, mark.index) === key;
    const mark = this.store.all.filter(isMeant).pop();
    if (!mark || !(Number(mark.text) > 0)) return null;
    const { spacing, aspect } = shapeOf(entry, index);
    const [rowMm, colMm] = spacing ?? [aspect ?? 1, 1];
    const pixels = lengthOf(mark.points[0], mark.points[1], { colMm: 1, rowMm: rowMm / colMm, unit: "像素", note: "" });
    return pixels > 0 ? Number(mark.text) / pixels : null;
  }
}

/** What was calibrated on one frame holds for the frames of its size and spacing, not for another
 * exposure that is filed in the same series. */
function calibrationKey(entry: SeriesEntry, index: number): string {
  const { rows, cols, spacing } = shapeOf(entry, index);
  return [entry.id, rows, cols, spacing].join("|");
}
