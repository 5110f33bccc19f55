import { KINDS } from "../marks/kinds";
import { baseOf } from "../marks/planeref";
import type { Mark } from "../marks/store";
import { button, el } from "./dom";
import { icon } from "./icons";
import type { Viewer } from "./viewer";

/** Every mark by series and frame: a tap goes there, beside it its name and its bin. Colleagues' marks
 * follow with their authors, for reading only. */
export function markList(viewer: Viewer, close: () => void, again: () => void): HTMLElement[] {
  const keys = viewer.marks.all.filter((mark) => mark.kind === "key");
  const marks = viewer.marks.all.filter((mark) => mark.kind !== "key");
  const number = (mark: Mark): number => viewer.marks.all.indexOf(mark);
  const lines = (list: readonly Mark[]): HTMLElement[] => list.map((mark) => line(viewer, mark, number(mark), close, again));
  return [
    ...section("关键影像", "key-list", lines(keys)),
    ...section("标注列表", "mark-list", lines(marks)),
    ...viewer.keeping.authors().flatMap(({ author, marks: theirs }) =>
      section(`${author}的标注(只读)`, "others-list", theirs.map((mark, i) => el("li", {}, goButton(viewer, mark, `go-others-${i}`, close)))),
    ),
  ];
}

function section(word: string, testid: string, lines: HTMLElement[]): HTMLElement[] {
  if (!lines.length) return [];
  return [el("h3", {}, `${word}(${lines.length})`), el("ul", { class: "cfv-list", "data-testid": testid }, ...lines)];
}

function line(viewer: Viewer, mark: Mark, number: number, close: () => void, again: () => void): HTMLElement {
  const word = KINDS[mark.kind].word;
  const rename = button({ class: "cfv-icon-button", "data-testid": `rename-mark-${number}`, "aria-label": `给${word}起名字`, title: "起名字" }, () => {
    void viewer.marking.rename(mark).then(again);
  }, icon("text")); // prettier-ignore
  const remove = button({ class: "cfv-icon-button", "data-testid": `remove-mark-${number}`, "aria-label": `删除${word}`, title: "删除(可撤销)" }, () => {
    viewer.marks.remove(mark.id);
    again();
  }, icon("trash")); // prettier-ignore
  return el("li", { class: "cfv-line" }, goButton(viewer, mark, `go-mark-${number}`, close), rename, remove);
}

function goButton(viewer: Viewer, mark: Mark, testid: string, close: () => void): HTMLButtonElement {
  const go = (): void => {
    viewer.marking.goTo(mark);
    close();
  };
  const entry = viewer.library.find(baseOf(mark.series))?.entry;
  const words = [KINDS[mark.kind].word, viewer.marking.sentence(mark)].filter(Boolean).join(" ");
  const where = mark.plane ? "重建平面" : `第 ${mark.index + 1} 幅`;
  const place = [where, entry?.description || entry?.modality].filter(Boolean).join(" · ");
  return button({ class: "cfv-choice", "data-testid": testid }, go, el("span", {}, words), el("small", {}, place));
}
