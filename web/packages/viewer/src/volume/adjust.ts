import { button, el } from "../ui/dom";
import { icon } from "../ui/icons";
import type { Vec3 } from "../view/planes";
import type { Preset } from "./presets";
import { axisAlong, type Volume } from "./volume";

/** The sides of the patient, in words, and the way to each. */
export const SIDES = {
  right: ["右", [-1, 0, 0]],
  left: ["左", [1, 0, 0]],
  front: ["前", [0, -1, 0]],
  back: ["后", [0, 1, 0]],
  foot: ["足", [0, 0, -1]],
  head: ["头", [0, 0, 1]],
} as const satisfies Record<string, [string, Vec3]>;

export type Side = keyof typeof SIDES;
export type Cuts = Record<Side, number>;

/** What of a volume is drawn: the corners of a box in texture coordinates, 0 to 1. */
export interface CropBox {
  low: [number, number, number];
  high: [number, number, number];
}

const noCuts = (): Cuts => ({ right: 0, left: 0, front: 0, back: 0, foot: 0, head: 0 });

/** The box that is left when a share (0 to 1) is cut away from each side of the patient. */
export function cropBox(volume: Volume, cuts: Cuts): CropBox {
  const box: CropBox = { low: [0, 0, 0], high: [1, 1, 1] };
  for (const [side, [, way]] of Object.entries(SIDES)) {
    const { axis, isSame } = axisAlong(volume, way as Vec3);
    if (isSame) box.high[axis] = 1 - cuts[side as Side];
    else box.low[axis] = cuts[side as Side];
  }
  return box;
}

/** The preset with its values moved by `shift` and its opacities times `opacity`. */
export function edited(preset: Preset, shift: number, opacity: number): Preset {
  const stops = preset.stops.map(([value, r, g, b, a]): Preset["stops"][number] => [value + shift, r, g, b, Math.min(a * opacity, 1)]);
  return { ...preset, id: `${preset.id}|${shift}|${opacity}`, stops };
}

/** Sliders for the box and the transfer function, behind one button. */
export class Adjust {
  readonly opener: HTMLButtonElement;
  readonly panel = el("div", { class: "cfv-3d-adjust cfv-panel", role: "group", "aria-label": "三维裁剪与曲线", "data-testid": "vr-adjust-panel", hidden: true });
  cuts: Cuts = noCuts();
  shift = 0;
  opacity = 1;

  /** `span`: how far values can be moved either way. */
  constructor(
    private readonly span: number,
    private readonly onChange: () => void,
  ) {
    const toggle = (): void => {
      this.panel.hidden = !this.panel.hidden;
      this.opener.setAttribute("aria-expanded", String(!this.panel.hidden));
    };
    this.opener = button({ class: "cfv-choice", "data-testid": "vr-adjust", "aria-expanded": "false" }, toggle, "裁剪与曲线");
    this.reset();
  }

  reset(): void {
    this.cuts = noCuts();
    this.shift = 0;
    this.opacity = 1;
    const close = button({ class: "cfv-icon-button", "data-testid": "close-vr-adjust", "aria-label": "收起" }, () => this.opener.click(), icon("close"));
    this.panel.replaceChildren(
      el("div", { class: "cfv-sheet-head" }, el("h3", {}, "裁剪与曲线"), close),
      this.slider("shift", "阈值", [-this.span, this.span, 0], (value) => (this.shift = value)),
      this.slider("opacity", "不透明", [10, 300, 100], (value) => (this.opacity = value / 100)),
      ...Object.entries(SIDES).map(([side, [word]]) => this.slider(side, `裁${word}侧`, [0, 95, 0], (value) => (this.cuts[side as Side] = value / 100))),
    );
  }

  private slider(id: string, word: string, [min, max, value]: number[], set: (value: number) => void): HTMLElement {
    const input = el("input", { type: "range", min, max, value, step: 1, "data-testid": `vr-${id}` });
    input.addEventListener("input", () => {
      set(Number(input.value));
      this.onChange();
    });
    return el("label", { class: "cfv-3d-slide" }, el("span", {}, word), input);
  }
}
