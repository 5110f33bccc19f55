import { shapeOf, type SeriesEntry, type StudyFacts } from "../format/manifest";
import { dot, planeOf } from "../view/planes";
import { edgeLetters, viewLetters } from "../view/orientation";
import type { Turn } from "../view/camera";
import type { ViewportState } from "../view/viewport";
import type { CornerChoice, CornerPart } from "./cornerchoice";
import { el } from "./dom";

const SIDES = ["left", "right", "top", "bottom"] as const;
const CORNERS = ["tl", "tr", "bl", "br"] as const;

/** A small pane has no room for everything. */
export type Detail = "full" | "brief" | "none";
type Line = [part: CornerPart, text: string];
type Lines = Record<(typeof CORNERS)[number], Line[]>;
const NOTHING: Lines = { tl: [], tr: [], bl: [], br: [] };

/** The four corners and the orientation letters round the image. */
export class Corners {
  readonly root = el("div", { class: "cfv-corners", "aria-hidden": "true" });
  private readonly parts = new Map<string, HTMLElement>();

  constructor() {
    for (const name of [...CORNERS, ...SIDES]) {
      const part = el("div", { class: `cfv-c-${name}`, "data-testid": `corner-${name}` });
      this.parts.set(name, part);
      this.root.append(part);
    }
  }

  /** `probe`: what lies under the mouse; "none" leaves only the orientation letters. */
  show(study: StudyFacts | null, series: SeriesEntry, state: ViewportState, turn: Turn, probe: string, detail: Detail, choice: Pick<CornerChoice, "has">): void {
    const lines = detail === "full" ? cornerLines(study, series, state, probe) : detail === "brief" ? briefLines(series, state, probe) : NOTHING;
    for (const corner of CORNERS) this.write(corner, lines[corner].flatMap(([part, text]) => (text && choice.has(part) ? [text] : [])).join("\n"));
    const letters = edgeLetters(shapeOf(series, state.index).orientation, turn) ?? viewLetters(series.frames?.view?.[state.index], turn);
    for (const side of SIDES) this.write(side, letters && choice.has("letters") ? letters[side] : "");
  }

  private write(name: string, text: string): void {
    const part = this.parts.get(name)!;
    if (part.textContent !== text) part.textContent = text;
  }
}

function briefLines(series: SeriesEntry, state: ViewportState, probe: string): Lines {
  return { ...NOTHING, tl: [["series", series.description || series.modality]], bl: [["probe", probe], ["number", `${state.index + 1} / ${series.count}`]] };
}

function cornerLines(study: StudyFacts | null, series: SeriesEntry, state: ViewportState, probe: string): Lines {
  const z = placeOf(series, state.index);
  const number = series.frames?.instance_number[state.index];
  const who = study ? [study.patient_name, study.patient_sex, study.patient_age].filter(Boolean).join(" ") : "";
  return {
    tl: [["person", who], ["patientId", study?.patient_id ?? ""], ["date", study?.study_at ? study.study_at.slice(0, 10) : ""]],
    tr: [["study", study?.description ?? ""], ["series", [series.modality, series.description].filter(Boolean).join(" · ")]],
    bl: [
      ["probe", probe],
      ["thickness", series.slice_thickness_mm ? `层厚 ${round(series.slice_thickness_mm)} mm` : ""],
      ["position", z === null ? "" : `位置 ${round(z)} mm`],
      ["number", `图像 ${state.index + 1} / ${series.count}${number != null && number !== state.index + 1 ? `(编号 ${number})` : ""}`],
    ],
    br: [
      ["number", state.isExact || state.problem || !state.hasPicture ? "" : "预览"],
      ["zoom", `缩放 ${Math.round(state.zoom * 100)}%`],
      ["window", series.samples === 3 ? "" : state.window.table ? `灰阶曲线 ${state.window.name}` : `窗宽 ${round(state.window.width)} 窗位 ${round(state.window.center)}`],
    ],
  };
}

/** Millimetres along the body; across it for slices that stand. */
function placeOf(series: SeriesEntry, index: number): number | null {
  const position = series.frames?.position?.[index];
  const plane = planeOf(series, index);
  if (!position || !plane) return position?.[2] ?? null;
  return Math.abs(plane.normal[2]) > 0.7 ? position[2] : dot(plane.origin, plane.normal);
}

const round = (value: number): string => String(Math.abs(value) >= 10 ? Math.round(value) : Math.round(value * 10) / 10);
