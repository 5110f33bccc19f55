import { shapeOf, type SeriesEntry } from "../format/manifest";
import { add, cross, planeOf, unit } from "../view/planes";

const MIN_SLICES = 4;
const UNEVEN = 0.15; // of a step
const TILTED = 0.02; // sine

/** Why a series cannot be rebuilt in other planes; "" when it can. */
export function whyNoVolume(entry: SeriesEntry): string {
  if (entry.state !== "ready" || entry.samples !== 1) return "只有黑白断层影像可以三维重建。";
  if (entry.count < MIN_SLICES) return `至少需要 ${MIN_SLICES} 层才能三维重建。`;
  const { frames } = entry;
  if (!frames || Object.keys(frames.overrides).some((i) => isOther(entry, Number(i)))) return "各层大小或方向不同,不能三维重建。";
  const first = planeOf(entry, 0);
  const second = planeOf(entry, 1);
  if (!first || !second) return "影像没有位置信息,不能三维重建。";
  const step = add(second.origin, first.origin, -1);
  const mm = Math.hypot(...step);
  if (mm < 0.01) return "同一位置有多幅影像,不能三维重建。";
  if (Math.hypot(...cross(unit(step), first.normal)) > TILTED) return "扫描架倾斜,不能三维重建。";
  for (let i = 2; i < entry.count; i++) {
    const plane = planeOf(entry, i);
    if (!plane) return "影像没有位置信息,不能三维重建。";
    const off = add(plane.origin, add(first.origin, step, i), -1);
    if (Math.hypot(...off) > UNEVEN * mm * Math.max(1, i / 10)) return "层距不均匀,不能三维重建。";
  }
  return "";
}

function isOther(entry: SeriesEntry, index: number): boolean {
  const shape = shapeOf(entry, index);
  return shape.rows !== entry.rows || shape.cols !== entry.cols || shape.signed !== entry.signed || String(shape.orientation) !== String(entry.orientation);
}
