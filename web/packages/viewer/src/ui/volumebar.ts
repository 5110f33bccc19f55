import type { Slab } from "../volume";
import { SLAB_WORDS, type SlabMode } from "../volume/words";
import { button, el } from "./dom";
import { icon } from "./icons";
import type { VolumeDesk } from "./volumes";

const THICK_MM = [0, 5, 10, 20, 40, 80];

/** How thick the rebuilt slices are, and the way out. */
export class VolumeBar {
  readonly root = el("div", { class: "cfv-float cfv-panel", role: "group", "aria-label": "重建", "data-testid": "volume-bar", hidden: true });
  private readonly thick = el("select", { "aria-label": "层厚", "data-testid": "slab-mm" });
  private readonly mode = el("select", { "aria-label": "投影方式", "data-testid": "slab-mode" });

  private readonly turns: HTMLButtonElement[];

  constructor(private readonly desk: VolumeDesk) {
    this.thick.append(...THICK_MM.map((mm) => el("option", { value: mm }, mm ? `厚 ${mm} mm` : "单层")));
    this.mode.append(...Object.entries(SLAB_WORDS).map(([mode, word]) => el("option", { value: mode }, word)));
    const change = (): void => desk.setSlab({ mm: Number(this.thick.value), mode: this.mode.value as SlabMode });
    this.thick.addEventListener("change", change);
    this.mode.addEventListener("change", change);
    const turn = (id: string, word: string, degrees: number): HTMLButtonElement =>
      button({ class: "cfv-icon-button", "data-testid": id, "aria-label": word, title: word }, () => desk.turnOthers(desk.turningPane, (degrees * Math.PI) / 180), icon(degrees < 0 ? "turnLeft" : "turnRight"));
    this.turns = [turn("turn-planes-left", "另两个平面逆时针斜切 5°", -5), turn("turn-planes-right", "另两个平面顺时针斜切 5°", 5)];
    const leave = button({ class: "cfv-float-button", "data-testid": "close-volume" }, () => desk.leave(), "退出重建");
    this.root.append(this.thick, this.mode, ...this.turns, leave);
  }

  refresh(): void {
    this.root.hidden = this.desk.shown === null;
    const isPlanes = this.desk.shown === "mpr";
    for (const part of [this.thick, this.mode, ...this.turns]) part.hidden = !isPlanes;
    this.mode.disabled = this.thick.value === "0";
  }

  show({ mm, mode }: Slab): void {
    this.thick.value = String(mm);
    this.mode.value = mode;
  }
}
