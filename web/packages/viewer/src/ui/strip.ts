import type { SeriesEntry } from "../format/manifest";
import { el } from "./dom";

/** The series of the study as a row of thumbnails. */
export class SeriesStrip {
  readonly root = el("div", { class: "cfv-strip cfv-panel", role: "listbox", "aria-label": "序列" });
  private readonly cards: HTMLButtonElement[] = [];

  constructor(series: SeriesEntry[], base: string, revision: (s: SeriesEntry) => number | string, onPick: (index: number) => void) {
    series.forEach((entry, index) => {
      const card = el("button", { type: "button", role: "option", class: "cfv-card", "data-testid": `series-${index}` });
      if (entry.thumbnail) {
        const src = `${base}/series/${entry.id}/thumbnail.png?r=${revision(entry)}`;
        card.append(el("img", { src, alt: "", loading: "lazy", width: 56, height: 56 }));
      } else card.append(el("span", { class: "cfv-nothumb" }, entry.modality || "—"));
      const words = el("span", { class: "cfv-card-words" }, entry.description || `序列 ${entry.number ?? index + 1}`);
      card.append(words, el("span", { class: "cfv-card-count" }, `${entry.count} 幅`));
      card.addEventListener("click", () => onPick(index));
      this.cards.push(card);
      this.root.append(card);
    });
    this.root.hidden = series.length < 2;
  }

  mark(index: number): void {
    this.cards.forEach((card, i) => card.setAttribute("aria-selected", String(i === index)));
    this.cards[index]?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }
}
