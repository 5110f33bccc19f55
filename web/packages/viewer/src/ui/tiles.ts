import type { Shown } from "./library";
import type { Pane } from "./pane";
import type { Viewer } from "./viewer";

const LONG_STEP = 10;

/** One series cut into consecutive frames, one a cell (图像分格): all cells scroll as one sheet. */
export class Tiles {
  shown: Shown | null = null;
  private base = 0;

  constructor(private readonly viewer: Viewer) {}

  get isOn(): boolean {
    return this.shown !== null;
  }

  /** Fill the panes that are there; `at`: the frame that ought to be among them. */
  open(shown: Shown, at: number): void {
    this.shown = shown;
    for (const pane of this.panes) this.viewer.put(pane, shown);
    this.moveTo(at - Math.floor(this.panes.length / 2));
  }

  close(): void {
    this.shown = null;
  }

  /** A pane wants this frame; a long step (PageDown) turns the whole sheet. */
  scroll(pane: Pane, index: number): void {
    const place = this.panes.indexOf(pane);
    const by = index - pane.viewport.index;
    this.moveTo(Math.abs(by) === LONG_STEP ? this.base + Math.sign(by) * this.panes.length : index - place);
  }

  private get panes(): Pane[] {
    return this.viewer.stage.panes;
  }

  private moveTo(base: number): void {
    const count = this.shown?.entry.count ?? 0;
    const { panes } = this;
    this.base = Math.min(Math.max(base, 0), Math.max(count - panes.length, 0));
    panes.forEach((pane, i) => {
      const index = this.base + i;
      if (index >= count) this.viewer.empty(pane);
      else void pane.viewport.scrollTo(index);
    });
  }
}
