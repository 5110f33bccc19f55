import type { Placement } from "../view/camera";
import { toScreen } from "../view/camera";
import type { ImagePoint, ScreenPoint } from "../view/points";
import { KINDS } from "./kinds";
import type { Scale } from "./scale";
import type { Mark } from "./store";

/** What lies under a finger: a handle of a mark, or its line (`handle` null). */
export interface Hit {
  mark: Mark;
  handle: number | null;
}

/** The nearest handle within `reach` CSS pixels, else the nearest line; the last drawn wins. */
export function hitMark(marks: readonly Mark[], at: ScreenPoint, placement: Placement, scale: Scale, reach: number): Hit | null {
  let best: Hit | null = null;
  let least = reach;
  for (const mark of marks) {
    if (KINDS[mark.kind].isStroke) continue; // moved as a whole
    mark.points.forEach((point, handle) => {
      const p = toScreen(point, placement);
      const away = Math.hypot(p.x - at.x, p.y - at.y);
      if (away <= least) {
        least = away;
        best = { mark, handle };
      }
    });
  }
  if (best) return best;
  least = reach;
  for (const mark of marks) {
    for (const line of KINDS[mark.kind].outline(mark.points, scale)) {
      const away = distanceToLine(line, at, placement);
      if (away <= least) {
        least = away;
        best = { mark, handle: null };
      }
    }
  }
  return best;
}

function distanceToLine(line: ImagePoint[], at: ScreenPoint, placement: Placement): number {
  const points = line.map((p) => toScreen(p, placement));
  let least = Infinity;
  for (let i = 1; i < points.length; i++) least = Math.min(least, distanceToSegment(points[i - 1], points[i], at));
  return least;
}

export function distanceToSegment(a: ScreenPoint, b: ScreenPoint, p: ScreenPoint): number {
  const dx = b.x - a.x;
  const dy = b.y - a.y;
  const t = Math.min(Math.max(((p.x - a.x) * dx + (p.y - a.y) * dy) / (dx * dx + dy * dy || 1), 0), 1);
  return Math.hypot(p.x - a.x - t * dx, p.y - a.y - t * dy);
}
