import { el } from "./dom";
import type { Pane } from "./pane";

/** The grid of panes. */
export class Stage {
  readonly root = el("div", { class: "cfv-stage", "data-testid": "stage" });
  readonly panes: Pane[] = [];
  rows = 0;
  cols = 0;
  private chosen: Pane | null = null;

  constructor(private readonly makePane: (number: number) => Pane) {}

  get active(): Pane {
    return this.chosen ?? this.panes[0];
  }

  /** Returns the panes that are new. */
  setLayout(rows: number, cols: number): Pane[] {
    this.rows = rows;
    this.cols = cols;
    this.root.style.gridTemplate = `repeat(${rows}, minmax(0, 1fr)) / repeat(${cols}, minmax(0, 1fr))`;
    while (this.panes.length > rows * cols) {
      // the one being read stays
      const last = this.panes.length - 1;
      const [gone] = this.panes.splice(this.panes[last] === this.active ? 0 : last, 1);
      gone.dispose();
    }
    const made: Pane[] = [];
    while (this.panes.length < rows * cols) {
      const pane = this.makePane(this.panes.length);
      this.panes.push(pane);
      this.root.append(pane.root);
      made.push(pane);
    }
    this.panes.forEach((pane, i) => (pane.root.dataset.testid = `pane-${i}`));
    this.activate(this.panes.includes(this.active) ? this.active : this.panes[0]);
    return made;
  }

  activate(pane: Pane): void {
    this.chosen = pane;
    this.root.classList.toggle("cfv-many", this.panes.length > 1);
    for (const one of this.panes) one.root.toggleAttribute("data-active", one === pane);
  }

  dispose(): void {
    for (const pane of this.panes) pane.dispose();
    this.panes.length = 0;
  }
}
