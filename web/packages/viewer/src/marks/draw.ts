import { toScreen, type Placement } from "../view/camera";
import type { ImagePoint, ScreenPoint } from "../view/points";
import type { MarkKind } from "./kind";
import { placeLabel, type Box } from "./labels";
import type { Scale } from "./scale";

/** One mark as it stands on the screen. */
export interface DrawnMark {
  id: number | null;
  kind: MarkKind;
  points: ImagePoint[];
  reading: string[];
  scale: Scale;
  isSelected: boolean;
  /** Whose it is, when it is not the reader's. */
  author?: string;
}

const SPACE = "http://www.w3.org/2000/svg";
let textScale = 1;

/** For large text: how much larger readings are than usual. */
export function setTextScale(scale: number): void {
  textScale = scale;
}

const LINE_PX = 17;
const HEAD_PX = 14;

export function svgNode(tag: string, attributes: Record<string, string | number>, text = ""): SVGElement {
  const node = document.createElementNS(SPACE, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, String(value));
  if (text) node.textContent = text;
  return node;
}

/** A line through image points; twice, so that it stands out on white and on black. */
export function svgLine(line: ImagePoint[], at: Placement, kind: string): SVGElement[] {
  const points = line.map((p) => toScreen(p, at)).map((p) => `${round(p.x)},${round(p.y)}`).join(" ");
  return [`${kind} cfv-halo`, kind].map((name) => svgNode("polyline", { points, class: name }));
}

/** `taken`: where words stand already; those of this mark are added. */
export function svgMark(mark: DrawnMark, at: Placement, width: number, height: number, taken: Box[] = []): SVGElement {
  const group = svgNode("g", { class: classOf(mark), "data-testid": mark.author ? `others-${mark.kind.name}` : `mark-${mark.kind.name}` });
  for (const line of mark.kind.outline(mark.points, mark.scale)) if (line.length > 1) group.append(...svgLine(line, at, "cfv-line"));
  const spots = mark.points.map((p) => toScreen(p, at));
  if (mark.kind.hasHead && spots.length > 1) group.append(arrowHead(spots[0], spots[1]));
  if (!mark.kind.isStroke && (mark.isSelected || mark.id === null || mark.points.length === 1)) {
    for (const p of spots) group.append(svgNode("circle", { cx: round(p.x), cy: round(p.y), r: mark.points.length === 1 ? 4 : 6, class: "cfv-handle" }));
  }
  if (mark.reading.length) group.append(label(mark, spots, width, height, taken));
  return group;
}

const classOf = (mark: DrawnMark): string => (mark.isSelected ? "cfv-mark cfv-selected" : mark.author ? "cfv-mark cfv-others" : "cfv-mark");

function arrowHead(tip: ScreenPoint, tail: ScreenPoint): SVGElement {
  const angle = Math.atan2(tail.y - tip.y, tail.x - tip.x);
  const wing = (turn: number): string => `${round(tip.x + HEAD_PX * Math.cos(angle + turn))},${round(tip.y + HEAD_PX * Math.sin(angle + turn))}`;
  return svgNode("polygon", { points: `${round(tip.x)},${round(tip.y)} ${wing(0.42)} ${wing(-0.42)}`, class: "cfv-head-shape" });
}

/** The reading stands beside the mark, inside the picture, and hides no other where it can. */
function label({ reading, kind }: DrawnMark, spots: ScreenPoint[], width: number, height: number, taken: Box[]): SVGElement {
  const most = Math.max(...reading.map(widthOf)) * textScale;
  const line = LINE_PX * textScale;
  const anchor = kind.hasHead ? spots[1] : spots.reduce((best, p) => (p.x > best.x ? p : best));
  const size = { width: most, height: reading.length * line, line: LINE_PX * textScale };
  const { x, y } = placeLabel(spots, anchor, size, { width, height }, taken);
  const top = y + line; // of the first line's letters
  const text = svgNode("text", { class: "cfv-reading", "data-testid": `reading-${kind.name}` });
  reading.forEach((words, i) => text.append(svgNode("tspan", { x: round(x), y: round(top + i * line) }, words)));
  return text;
}

const widthOf = (line: string): number => [...line].reduce((sum, c) => sum + (c > "\u2e80" ? 14 : 8), 0);
const round = (value: number): number => Math.round(value * 10) / 10;
