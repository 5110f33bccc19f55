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
  private readonly calibrated = new Map<string, number>();

  constructor(
    private readonly viewer: Viewer,
    private readonly host: () => HTMLElement,
  ) {
    this.store = new MarkStore(() => viewer.refresh());
    this.pencil = new Pencil(this.store, () => viewer.refresh(), (made) => void this.onMade(made));
  }

  /** Of a frame, or of a mark at `points` in it. */
  scaleOf(source: FrameSource, index: number, points?: ImagePoint[]): Scale {
    return scaleOf(shapeOf(source.entry, index), this.calibrated.get(calibrationKey(source.entry, index)) ?? null, points);
  }

  deleteSelected(): void {
    if (this.store.selected) this.store.remove(this.store.selected.id);
  }

  /** Erase every mark of the series in the active pane. */
  clearSeries(): void {
    const id = this.viewer.active.source?.entry.id;
    if (id) this.store.clear(id);
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
    const pane = viewer.stage.panes.find((one) => one.source?.entry.id === target.series);
    const index = viewer.library.all.findIndex((s) => s.entry.id === target.series);
    if (pane) viewer.onActivate(pane);
    else if (index >= 0) viewer.open(index);
    else return viewer.toast("这个标注在重建平面上,请先打开多平面重建。");
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
    if (isNumber) this.calibrate(target, Number(text));
    this.store.replace({ ...target, text });
    return true;
  }

  private calibrate({ series, index, points }: Mark, mm: number): void {
    const { source } = this.viewer.active;
    if (!source || source.entry.id !== series) return;
    const [rowMm, colMm] = shapeOf(source.entry, index).spacing ?? [1, 1];
    const pixels = lengthOf(points[0], points[1], { colMm: 1, rowMm: rowMm / colMm, unit: "像素", note: "" });
    if (pixels > 0) this.calibrated.set(calibrationKey(source.entry, index), mm / pixels);
  }
}

/** What was calibrated on one frame holds for the frames of its size and spacing, not for another
 * exposure that is filed in the same series. */
function calibrationKey(entry: SeriesEntry, index: number): string {
  const { rows, cols, spacing } = shapeOf(entry, index);
  return [entry.id, rows, cols, spacing].join("|");
}
