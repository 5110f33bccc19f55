import { el } from "./dom";
import type { Library } from "./library";

const DRAGGED = "application/x-cloudfilm-series";

/** The series of the study as a row of thumbnails; at the desk one is dragged into a cell. */
export class SeriesStrip {
  readonly root = el("div", { class: "cfv-strip cfv-panel", role: "listbox", "aria-label": "序列" });
  private readonly cards: HTMLButtonElement[] = [];

  constructor(library: Library, onPick: (index: number) => void) {
    library.all.forEach(({ entry }, index) => {
      const card = el("button", { type: "button", role: "option", class: "cfv-card", "data-testid": `series-${index}`, draggable: "true" });
      if (entry.thumbnail) {
        const src = `${library.base}/series/${entry.id}/thumbnail.png?r=${library.revisionOf(entry)}`;
        card.append(el("img", { src, alt: "", loading: "lazy", width: 56, height: 56, draggable: "false" }));
      } else card.append(el("span", { class: "cfv-nothumb" }, entry.modality || "—"));
      const name = entry.description || `序列 ${entry.number ?? index + 1}`;
      card.append(el("span", { class: "cfv-card-words" }, name), el("span", { class: "cfv-card-count" }, `${entry.modality} · ${entry.count} 幅`));
      card.addEventListener("click", () => onPick(index));
      card.addEventListener("dragstart", (event) => event.dataTransfer?.setData(DRAGGED, String(index)));
      this.cards.push(card);
      this.root.append(card);
    });
    this.root.hidden = library.all.length < 2;
  }

  /** `shown`: all that are on the screen; `active`: the one being read. */
  mark(active: number, shown: Set<number>): void {
    this.cards.forEach((card, i) => {
      card.setAttribute("aria-selected", String(i === active));
      card.toggleAttribute("data-shown", shown.has(i));
    });
    this.cards[active]?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }
}

/** Let a box take a series that is dragged into it. */
export function takeSeries(box: HTMLElement, onDrop: (index: number) => void): void {
  box.addEventListener("dragover", (event) => {
    if (event.dataTransfer?.types.includes(DRAGGED)) event.preventDefault();
  });
  box.addEventListener("drop", (event) => {
    const index = event.dataTransfer?.getData(DRAGGED);
    if (!index) return;
    event.preventDefault();
    onDrop(Number(index));
  });
}
