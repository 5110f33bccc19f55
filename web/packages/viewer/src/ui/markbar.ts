import { KINDS, isMarkName } from "../marks/kinds";
import { button, el } from "./dom";
import { icon } from "./icons";
import type { Viewer } from "./viewer";

/** What to do with the measuring tool in hand or the mark that is selected. */
export class MarkBar {
  readonly root = el("div", { class: "cfv-float cfv-panel", role: "group", "aria-label": "标注", "data-testid": "mark-bar", hidden: true });
  private readonly words = el("span", { class: "cfv-float-words", role: "status", "data-testid": "mark-hint" });
  private readonly buttons: Record<"undo" | "edit" | "finish" | "delete" | "done", HTMLButtonElement>;

  constructor(private readonly viewer: Viewer) {
    const make = (id: string, word: string, shape: Parameters<typeof icon>[0], run: () => void): HTMLButtonElement =>
      button({ class: "cfv-float-button", "data-testid": id }, run, icon(shape), word);
    this.buttons = {
      finish: make("finish-mark", "闭合", "check", () => viewer.marking.finish()),
      edit: make("edit-mark", "改文字", "text", () => void viewer.marking.editText()),
      delete: make("delete-selected", "删除", "trash", () => viewer.marking.deleteSelected()),
      undo: make("undo-mark", "撤销", "undo", () => viewer.marks.undo()),
      done: make("end-tool", "完成", "check", () => viewer.setTool("scroll")),
    };
    this.root.append(this.words, ...Object.values(this.buttons));
  }

  refresh(): void {
    const { tool, marks, pencil } = this.viewer;
    const selected = this.viewer.isShown(marks.selected) ? marks.selected : null;
    const kind = isMarkName(tool) ? KINDS[tool] : null;
    this.root.hidden = !kind && !selected;
    this.words.textContent = selected && !pencil.draft ? `已选中:${KINDS[selected.kind].word}` : kind ? `${kind.word}:${kind.hint}` : "";
    this.buttons.finish.hidden = !pencil.draft || KINDS[pencil.draft.kind].points !== Infinity || KINDS[pencil.draft.kind].isStroke === true || pencil.draft.points.length < 4;
    this.buttons.edit.hidden = !selected || !(KINDS[selected.kind].asksText || KINDS[selected.kind].hasHead);
    this.buttons.delete.hidden = !selected;
    this.buttons.undo.hidden = !marks.canUndo || selected !== null;
    this.buttons.done.hidden = !kind;
  }
}
