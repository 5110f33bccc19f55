import { toImage, toScreen, type Placement } from "../view/camera";
import { imagePoint, type ImagePoint, type ScreenPoint } from "../view/points";
import type { MarkName } from "./kind";
import { KINDS } from "./kinds";
import { hitMark } from "./hit";
import type { PlaneRef } from "./planeref";
import type { Scale } from "./scale";
import type { Mark, MarkStore } from "./store";

/** The frame that is being drawn on. */
export interface Sheet {
  series: string;
  index: number;
  placement: Placement;
  scale: Scale;
  /** Where a rebuilt plane lies. */
  plane?: PlaneRef;
}

const CLICK_PX = 6;
const STROKE_PX = 4;

/** Makes, moves and reshapes marks. A point is set by a drag or by clicks; the next point then
 * follows the pointer until it is set too. */
export class Pencil {
  /** The mark being made; its last point follows the pointer. */
  draft: { kind: MarkName; series: string; index: number; points: ImagePoint[] } | null = null;
  private moving: { mark: Mark; handle: number | null; from: ImagePoint; isMoved: boolean } | null = null;
  private downAt: ScreenPoint | null = null;

  constructor(
    private readonly store: MarkStore,
    private readonly onDraft: () => void,
    private readonly onMade: (mark: Mark) => void,
  ) {}

  /** The mark being reshaped, as it is now. */
  get moved(): Mark | null {
    return this.moving?.isMoved ? this.moving.mark : null;
  }

  /** Take hold of a mark under the pointer; false when there is none. */
  grab(at: ScreenPoint, sheet: Sheet, reach: number): boolean {
    if (this.draft) return false;
    const hit = hitMark(this.store.on(sheet.series, sheet.index), at, sheet.placement, sheet.scale, reach);
    this.store.select(hit?.mark.id ?? null);
    if (hit) this.moving = { ...hit, from: toImage(at, sheet.placement), isMoved: false };
    this.downAt = at;
    return hit !== null;
  }

  down(kind: MarkName, at: ScreenPoint, sheet: Sheet): void {
    const p = toImage(at, sheet.placement);
    this.downAt = at;
    if (this.draft && !this.isHere(this.draft, kind, sheet)) this.draft = null;
    if (!this.draft) this.draft = { kind, series: sheet.series, index: sheet.index, points: KINDS[kind].points === 1 ? [p] : [p, p] };
    else this.follow(p);
    const { points } = this.draft;
    if (KINDS[kind].isPairs && points.length === 3) points.push(p); // the second line begins here
    this.onDraft();
  }

  move(at: ScreenPoint, sheet: Sheet): void {
    const p = toImage(at, sheet.placement);
    if (this.draft) {
      if (!this.isHere(this.draft, this.draft.kind, sheet)) return;
      if (KINDS[this.draft.kind].isStroke) this.extend(p, at, sheet);
      else this.follow(p);
    } else if (this.moving) this.reshape(p, at);
    else return;
    this.onDraft();
  }

  up(at: ScreenPoint, sheet: Sheet): void {
    const isClick = !this.downAt || Math.hypot(at.x - this.downAt.x, at.y - this.downAt.y) < CLICK_PX;
    this.downAt = null;
    if (this.draft) return this.settle(at, sheet, isClick);
    const { moving } = this;
    this.moving = null;
    if (moving?.isMoved) this.store.replace(moving.mark);
  }

  /** Give up what has been begun. */
  cancel(): void {
    this.draft = null;
    this.moving = null;
    this.downAt = null;
    this.onDraft();
  }

  /** Close an open kind with the points it has. */
  finish(sheet: Sheet): void {
    if (this.draft && KINDS[this.draft.kind].points === Infinity && this.draft.points.length > 3) this.make(sheet, this.draft.points.slice(0, -1));
  }

  private isHere(draft: { kind: MarkName; series: string; index: number }, kind: MarkName, sheet: Sheet): boolean {
    return draft.kind === kind && draft.series === sheet.series && draft.index === sheet.index;
  }

  /** A stroke takes a point every few CSS pixels. */
  private extend(p: ImagePoint, at: ScreenPoint, sheet: Sheet): void {
    const { points } = this.draft!;
    const last = toScreen(points[points.length - 2], sheet.placement);
    this.follow(p);
    if (Math.hypot(last.x - at.x, last.y - at.y) >= STROKE_PX) points.push(p);
  }

  private follow(p: ImagePoint): void {
    const { points } = this.draft!;
    points[points.length - 1] = p;
  }

  private settle(at: ScreenPoint, sheet: Sheet, isClick: boolean): void {
    const { kind, points } = this.draft!;
    const wanted = KINDS[kind].points;
    if (KINDS[kind].isStroke) return points.length > 4 ? this.make(sheet, points) : this.cancel();
    const isLineBegun = points.length === 2 || (KINDS[kind].isPairs && points.length === 4);
    if (isClick && wanted > 1 && isLineBegun && samePlace(points.slice(-2), sheet)) return; // its end goes on following
    if (wanted === Infinity && points.length > 3 && isNear(points[0], at, sheet)) return this.make(sheet, points.slice(0, -1));
    if (points.length === wanted) return this.make(sheet, points);
    points.push(points[points.length - 1]);
    this.onDraft();
  }

  private make(sheet: Sheet, points: ImagePoint[]): void {
    const { kind } = this.draft!;
    this.draft = null;
    this.onMade(this.store.add({ kind, series: sheet.series, index: sheet.index, points, text: "", ...(sheet.plane ? { plane: sheet.plane } : {}) }));
    this.onDraft();
  }

  private reshape(p: ImagePoint, at: ScreenPoint): void {
    const moving = this.moving!;
    if (!moving.isMoved && this.downAt && Math.hypot(at.x - this.downAt.x, at.y - this.downAt.y) < CLICK_PX / 2) return;
    const dx = p.x - moving.from.x;
    const dy = p.y - moving.from.y;
    const points = moving.mark.points.map((q, i) => (moving.handle === null || moving.handle === i ? imagePoint(q.x + dx, q.y + dy) : q));
    this.moving = { ...moving, from: p, isMoved: true, mark: { ...moving.mark, points } };
  }
}

const samePlace = ([p, q]: ImagePoint[], { placement }: Sheet): boolean => {
  const [a, b] = [toScreen(p, placement), toScreen(q, placement)];
  return Math.hypot(a.x - b.x, a.y - b.y) < CLICK_PX;
};

function isNear(first: ImagePoint, at: ScreenPoint, { placement }: Sheet): boolean {
  const p = toScreen(first, placement);
  return Math.hypot(p.x - at.x, p.y - at.y) < 22;
}
