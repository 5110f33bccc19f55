import { cellsOf, defaultProtocol, modalityOf, type Cell, type Protocol, type ScreenSize } from "../view/hanging";
import type { Shown } from "./library";
import { Tiles } from "./tiles";
import type { Viewer } from "./viewer";

export type Hanging = Record<string, Protocol>;
const KEPT = "cf.viewer.layouts";

/** How the screen is divided: grids of series, tiles of one, hanging protocols; what a reader chooses
 * is remembered for the modality on this device, what they save is theirs everywhere. */
export class Layouts {
  readonly tiles: Tiles;

  constructor(
    private readonly viewer: Viewer,
    private mine: Hanging,
    private readonly base: string,
  ) {
    this.tiles = new Tiles(viewer);
  }

  get modality(): string {
    return modalityOf(this.entries);
  }

  get hasMine(): boolean {
    return this.modality in this.mine;
  }

  /** How the study opens: as the reader saved it, as this device last had it, as the house hangs it.
   * Patients start with one picture. */
  start(): void {
    const isStaff = this.viewer.keeping.isShared;
    const protocol = (isStaff && this.mine[this.modality]) || remembered(this.modality) || (isStaff ? this.house() : null);
    if (protocol && (protocol.rows * protocol.cols > 1 || protocol.tiles)) this.hang(protocol);
    else this.hang({ rows: 1, cols: 1, tiles: false, cells: protocol?.cells ?? [] });
  }

  choose(rows: number, cols: number): void {
    this.viewer.setLayout(rows, cols);
    this.remember();
  }

  chooseTiles(side: number): void {
    const { shown, viewport } = this.viewer;
    const at = viewport.index;
    if (!shown) return;
    this.viewer.setLayout(side, side);
    this.tiles.open(shown, at);
    this.remember();
    this.viewer.refresh();
  }

  hangDefault(): void {
    this.hang(this.house());
    this.remember();
  }

  hangMine(): void {
    this.hang(this.mine[this.modality]);
    this.remember();
  }

  /** What is on the screen becomes the reader's own protocol for this modality. */
  async save(): Promise<void> {
    const next = { ...this.mine, [this.modality]: this.present() };
    try {
      const body = JSON.stringify({ protocols: next });
      const answer = await fetch(`${this.base}/hanging`, { method: "PUT", credentials: "same-origin", headers: { "Content-Type": "application/json" }, body });
      if (!answer.ok) throw new Error(String(answer.status));
      this.mine = next;
      this.viewer.toast(`已存为您的 ${this.modality} 布局,下次打开就是这样。`);
      this.viewer.refresh();
    } catch {
      this.viewer.toast("布局没有保存,请检查网络后再试。");
    }
  }

  /** Hang these in a grid, cell by cell; cells without any stay empty. */
  arrange(rows: number, cols: number, cells: Cell[]): void {
    const { viewer } = this;
    viewer.setLayout(rows, cols, false);
    viewer.stage.panes.forEach((pane, i) => {
      const cell = cells[i];
      if (!cell) return viewer.empty(pane);
      viewer.put(pane, viewer.library.all[cell.series]);
      if (cell.index !== null) void pane.viewport.scrollTo(cell.index);
      if (cell.hung) pane.viewport.hang(cell.hung);
    });
    viewer.stage.activate(viewer.stage.panes[0]);
    viewer.onShown();
  }

  /** What is read at the left (a phone: above), `other` beside it. */
  beside(other: Shown): void {
    const cells = [this.viewer.shown, other].map((one): Cell => ({ series: this.viewer.library.all.indexOf(one), index: null, hung: null }));
    const isTall = this.viewer.size === "phone";
    this.arrange(isTall ? 2 : 1, isTall ? 1 : 2, cells);
  }

  private get entries() {
    return this.viewer.library.own.map((shown) => shown.entry);
  }

  private house(): Protocol {
    return defaultProtocol(this.entries, this.viewer.size as ScreenSize);
  }

  private hang(protocol: Protocol): void {
    const cells = cellsOf(protocol, this.entries);
    if (!cells.length) return this.viewer.open(0);
    if (!protocol.tiles) return this.arrange(protocol.rows, protocol.cols, cells);
    this.arrange(protocol.rows, protocol.cols, [cells[0]]);
    this.tiles.open(this.viewer.library.all[cells[0].series], 0);
    this.viewer.refresh();
  }

  private present(): Protocol {
    const { stage, library } = this.viewer;
    const cells = this.tiles.isOn ? [] : stage.panes.map((pane) => library.find(pane.source?.entry.id ?? "")?.entry.description ?? "");
    return { rows: stage.rows, cols: stage.cols, tiles: this.tiles.isOn, cells: cells.map((words) => words.slice(0, 64)) };
  }

  private remember(): void {
    try {
      const all = JSON.parse(localStorage.getItem(KEPT) ?? "{}") as Hanging;
      localStorage.setItem(KEPT, JSON.stringify({ ...all, [this.modality]: { ...this.present(), cells: [] } }));
    } catch {
      // a private window: it starts as the house hangs it
    }
  }
}

function remembered(modality: string): Protocol | null {
  try {
    const found = (JSON.parse(localStorage.getItem(KEPT) ?? "{}") as Hanging)[modality];
    const isRight = found && [found.rows, found.cols].every((side) => Number.isInteger(side) && side >= 1 && side <= 4);
    return isRight ? { rows: found.rows, cols: found.cols, tiles: found.tiles === true, cells: [] } : null;
  } catch {
    return null;
  }
}
