import { identityOf, type SeriesEntry } from "../format/manifest";
import { isMarkName } from "../marks/kinds";
import type { MarkName } from "../marks/kind";
import { baseOf, toMm } from "../marks/planeref";
import type { Mark } from "../marks/store";
import type { PlaneName } from "../volume";
import { imagePoint } from "../view/points";

/** A mark as the server keeps it (docs/api.md): tied to a file and frame, not to a place in the
 * display order, because late slices move the order. */
export interface StoredMark {
  uid: string;
  kind: MarkName;
  series: string;
  sop_instance_uid: string;
  frame: number;
  points: [number, number][];
  text: string;
  /** Of a mark on a rebuilt plane: its points are millimetres right and down of `point`. */
  plane?: { name: PlaneName; views: number[]; point: number[] };
  /** When it was made or last changed; the server's. */
  at?: string;
}

const DECIMALS = 1000;
const UNKEPT: ReadonlySet<MarkName> = new Set(["region"]);

/** Null for what is not kept. */
export function toStored(mark: Mark, entry: SeriesEntry | undefined): StoredMark | null {
  if (!entry?.frames || UNKEPT.has(mark.kind)) return null;
  const { plane } = mark;
  const { uid: sop_instance_uid, frame } = identityOf(entry, plane ? 0 : mark.index);
  const points = (plane ? toMm(mark.points, plane) : mark.points).map((p): [number, number] => [rounded(p.x), rounded(p.y)]);
  const stored: StoredMark = { uid: mark.uid, kind: mark.kind, series: baseOf(mark.series), sop_instance_uid, frame, points, text: mark.text };
  return plane ? { ...stored, plane: { name: plane.name, views: plane.views, point: [...plane.point] } } : stored;
}

/** Null when its frame is not here (yet), or its kind is unknown to this version. */
export function fromStored(stored: StoredMark, entry: SeriesEntry | undefined): Omit<Mark, "id"> | null {
  if (!entry?.frames || !isMarkName(stored.kind)) return null;
  if (stored.plane) return onPlane(stored, stored.plane);
  const index = indexOf(entry, stored.sop_instance_uid, stored.frame);
  if (index < 0) return null;
  const { uid, kind, series, text, at } = stored;
  return { uid, kind, series, index, points: stored.points.map(([x, y]) => imagePoint(x, y)), text, at };
}

function onPlane(stored: StoredMark, { name, views, point }: NonNullable<StoredMark["plane"]>): Omit<Mark, "id"> {
  const { uid, kind, series, text, at } = stored;
  const plane = { name, views, point: [point[0], point[1], point[2]] as const, grid: null };
  return { uid, kind, series: `${series}~${name}`, index: -1, points: stored.points.map(([x, y]) => imagePoint(x, y)), text, at, plane };
}

function indexOf(entry: SeriesEntry, sop: string, frame: number): number {
  const { prefix, rest } = entry.frames!.sop_instance_uid;
  if (!sop.startsWith(prefix)) return -1;
  const tail = sop.slice(prefix.length);
  return rest.findIndex((one, i) => one === tail && (entry.frames!.frame?.[i] ?? 1) === frame);
}

/** Whether two say the same; times do not count. */
export function isSame(a: StoredMark, b: StoredMark): boolean {
  return sameness(a) === sameness(b);
}

const sameness = ({ at: _, ...mark }: StoredMark): string =>
  JSON.stringify([mark.uid, mark.kind, mark.series, mark.sop_instance_uid, mark.frame, mark.points, mark.text, mark.plane && [mark.plane.name, mark.plane.views, mark.plane.point]]);

const rounded = (value: number): number => Math.round(value * DECIMALS) / DECIMALS + 0;
