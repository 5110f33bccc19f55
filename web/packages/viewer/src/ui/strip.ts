import { el } from "./dom";
import { dragByFinger } from "./dragcard";
import type { Library } from "./library";

const TAKEN = "cfv-take";
const DRAGGED = "application/x-cloudfilm-series";

/** The series of the study as a row of thumbnails; at the desk one is dragged into a cell. */
export class SeriesStrip {
  readonly root = el("div", { class: "cfv-strip cfv-panel", role: "listbox", "aria-label": "序列" });
  private readonly cards: HTMLButtonElement[] = [];

  constructor(
    private readonly library: Library,
    private readonly onPick: (index: number) => void,
  ) {
    this.grow();
  }

  /** Cards for the series that have none yet; those of prior examinations say their date. */
  grow(): void {
    const { all } = this.library;
    for (let index = this.cards.length; index < all.length; index++) {
      const card = this.makeCard(index);
      this.cards.push(card);
      this.root.append(card);
    }
    this.root.hidden = all.length < 2;
  }

  private makeCard(index: number): HTMLButtonElement {
    const { entry, manifest } = this.library.all[index];
    const card = el("button", { type: "button", role: "option", class: "cfv-card", "data-testid": `series-${index}`, draggable: "true" });
    if (entry.thumbnail) {
      const src = `${this.library.base}/series/${entry.id}/thumbnail.png?r=${this.library.revisionOf(entry)}`;
      card.append(el("img", { src, alt: "", loading: "lazy", width: 56, height: 56, draggable: "false" }));
    } else card.append(el("span", { class: "cfv-nothumb" }, entry.modality || "—"));
    const name = entry.description || `序列 ${entry.number ?? index + 1}`;
    const isPrior = index >= this.library.own.length;
    const facts = [isPrior ? `既往 ${manifest.study.study_at?.slice(0, 10) ?? ""}` : "", entry.modality, `${entry.count} 幅`].filter(Boolean).join(" · ");
    card.append(el("span", { class: "cfv-card-words" }, name), el("span", { class: "cfv-card-count" }, facts));
    card.addEventListener("click", () => this.onPick(index));
    card.addEventListener("dragstart", (event) => event.dataTransfer?.setData(DRAGGED, String(index)));
    dragByFinger(card, name, (cell) => cell.dispatchEvent(new CustomEvent<number>(TAKEN, { detail: index })));
    return card;
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
  box.addEventListener(TAKEN, (event) => onDrop((event as CustomEvent<number>).detail));
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
