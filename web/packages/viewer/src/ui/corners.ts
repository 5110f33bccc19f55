import { shapeOf, type SeriesEntry, type StudyFacts } from "../format/manifest";
import { edgeLetters } from "../view/orientation";
import type { ViewportState } from "../view/viewport";
import { el } from "./dom";

/** The four corners and the orientation letters round the image. */
export class Corners {
  readonly root = el("div", { class: "cfv-corners", "aria-hidden": "true" });
  private readonly parts: Record<string, HTMLElement> = {};

  constructor() {
    for (const name of ["tl", "tr", "bl", "br", "left", "right", "top", "bottom"]) {
      this.parts[name] = el("div", { class: `cfv-c-${name}`, "data-testid": `corner-${name}` });
      this.root.append(this.parts[name]);
    }
  }

  show(study: StudyFacts, series: SeriesEntry, state: ViewportState): void {
    const who = [study.patient_name, study.patient_sex, study.patient_age].filter(Boolean).join(" ");
    this.write("tl", [who, study.patient_id]);
    this.write("tr", [study.description, [series.modality, series.description].filter(Boolean).join(" · ")]);
    const z = series.frames.position?.[state.index]?.[2];
    this.write("bl", [
      `图像 ${state.index + 1} / ${series.count}`,
      series.slice_thickness_mm ? `层厚 ${round(series.slice_thickness_mm)} mm` : "",
      z === undefined ? "" : `位置 ${round(z)}`,
    ]);
    this.write("br", [
      state.isExact || state.problem ? "" : "预览",
      `窗宽 ${Math.round(state.width)} 窗位 ${Math.round(state.center)}`,
      `缩放 ${Math.round(state.zoom * 100)}%`,
    ]);
    const letters = edgeLetters(shapeOf(series, state.index).orientation);
    for (const side of ["left", "right", "top", "bottom"] as const) this.parts[side].textContent = letters ? letters[side] : "";
  }

  private write(name: string, lines: string[]): void {
    const text = lines.filter(Boolean).join("\n");
    if (this.parts[name].textContent !== text) this.parts[name].textContent = text;
  }
}

const round = (value: number): string => String(Math.round(value * 10) / 10);
