import { columnScale, type Placement } from "../view/camera";
import type { ScreenPoint } from "../view/points";
import { svgLine, svgMark, svgNode, type DrawnMark } from "../marks/draw";
import type { Box } from "../marks/labels";
import { fixed, type Scale } from "../marks/scale";
import type { CutLine } from "./crosshair";

/** What lies over the pixels. */
export interface OverlayContent {
  marks: DrawnMark[];
  /** Where other images cut this one. */
  cuts: CutLine[];
  /** The point that was located. */
  cross: ScreenPoint | null;
  hasScaleBar: boolean;
}

const BAR_MAX_PX = 110;

/** Marks, cut lines and the scale bar, as SVG over the canvas. */
export class Overlay {
  readonly root = svgNode("svg", { class: "cfv-overlay", "data-testid": "overlay", role: "group", "aria-label": "标注与读数" });

  draw(content: OverlayContent, at: Placement, scale: Scale, width: number, height: number): void {
    const nodes: SVGElement[] = [];
    for (const { line, plane, handles } of content.cuts) {
      nodes.push(...svgLine(line, at, `cfv-cut${plane ? ` cfv-cut-${plane}` : ""}`));
      for (const { x, y } of handles) nodes.push(svgNode("circle", { cx: x, cy: y, r: 8, class: `cfv-cut-handle cfv-cut-${plane}`, "data-testid": `turn-${plane}` }));
    }
    const taken: Box[] = [];
    for (const mark of content.marks) nodes.push(svgMark(mark, at, width, height, taken));
    if (content.cross) nodes.push(...crossAt(content.cross));
    if (content.hasScaleBar && scale.unit === "mm") nodes.push(...scaleBar(columnScale(at) / scale.colMm, width, height));
    this.root.replaceChildren(...nodes);
  }

  clear(): void {
    this.root.replaceChildren();
  }
}

function crossAt({ x, y }: ScreenPoint): SVGElement[] {
  const d = `M${x - 18} ${y}H${x - 5}M${x + 5} ${y}H${x + 18}M${x} ${y - 18}V${y - 5}M${x} ${y + 5}V${y + 18}`;
  return [svgNode("path", { d, class: "cfv-cross cfv-halo" }), svgNode("path", { d, class: "cfv-cross", "data-testid": "located-cross" })];
}

/** The longest of 1, 2, 5 x 10^n mm that fits. */
export function barLength(pxPerMm: number, maxPx: number): number {
  const most = maxPx / pxPerMm;
  const ten = 10 ** Math.floor(Math.log10(most));
  return ten * (most / ten >= 5 ? 5 : most / ten >= 2 ? 2 : 1);
}

function scaleBar(pxPerMm: number, width: number, height: number): SVGElement[] {
  const mm = barLength(pxPerMm, Math.min(BAR_MAX_PX, width / 5));
  const half = (mm * pxPerMm) / 2;
  const [x, y] = [width / 2, height - 12];
  const d = `M${fixed(x - half)} ${y - 5}V${y}H${fixed(x + half)}V${y - 5}`;
  const words = mm >= 10 ? `${mm / 10} cm` : `${mm} mm`;
  return [
    svgNode("path", { d, class: "cfv-bar-line cfv-halo" }),
    svgNode("path", { d, class: "cfv-bar-line", "data-testid": "scale-bar" }),
    svgNode("text", { x, y: y - 6, class: "cfv-bar-words" }, words),
  ];
}
