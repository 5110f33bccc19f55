import { isSameSpace, linkedIndex } from "../view/link";
import { cutLine, nearestFrame, type Vec3 } from "../view/planes";
import type { CutLine } from "./crosshair";
import type { Pane } from "./pane";

/** What panes do for each other: scroll, zoom and show where the others cut. */
export class Linking {
  isSyncScroll = true;
  isSyncView = false;
  hasCuts = true;
  /** The last located point of the patient. */
  located: Vec3 | null = null;
  private moving = 0;

  constructor(private readonly panes: () => readonly Pane[]) {}

  /** Panes are being moved by another one just now. */
  get isMoving(): boolean {
    return this.moving > 0;
  }

  cutsIn(pane: Pane): CutLine[] {
    const plane = pane.viewport.plane();
    if (!this.hasCuts || !plane) return [];
    return this.sharing(pane).flatMap((other) => {
      const cutting = other.viewport.plane();
      const line = cutting && cutLine(plane, cutting);
      return line ? [{ line, handles: [] }] : [];
    });
  }

  /** The others go to where `pane` is. */
  follow(pane: Pane): void {
    if (!this.isSyncScroll || !pane.source) return;
    const others = this.panes().filter((other) => other !== pane && other.source && other.source !== pane.source);
    this.scrollAll(others, (other) => linkedIndex(pane.source!, pane.viewport.index, other.source!));
  }

  /** The others show the slice through a point of the patient. */
  locate(pane: Pane, point: Vec3): void {
    this.located = point;
    this.scrollAll(this.sharing(pane), (other) => nearestFrame(other.source!.entry, point));
  }

  /** The others of its modality look the way `pane` looks. */
  copyView(pane: Pane): void {
    if (!this.isSyncView) return;
    for (const other of this.panes()) {
      if (other === pane || !other.source || other.source.entry.modality !== pane.source?.entry.modality) continue;
      other.viewport.camera = { ...pane.viewport.camera };
      void other.viewport.setWindow(pane.viewport.currentWindow());
    }
  }

  /** The other panes of the same frame of reference. */
  private sharing(pane: Pane): Pane[] {
    return this.panes().filter((other) => other !== pane && other.source && pane.source && isSameSpace(pane.source, other.source));
  }

  private scrollAll(panes: Pane[], to: (pane: Pane) => number | null): void {
    this.moving++;
    const moves = panes.map((pane) => {
      const index = to(pane);
      return index === null || index === pane.viewport.index ? Promise.resolve() : pane.viewport.scrollTo(index);
    });
    void Promise.all(moves).then(() => this.moving--);
  }
}
