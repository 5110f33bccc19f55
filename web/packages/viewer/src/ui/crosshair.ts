import { toImage, toScreen } from "../view/camera";
import { add, cutLine, dot, fromPatient, toPatient, type Plane, type Vec3 } from "../view/planes";
import type { ImagePoint, ScreenPoint } from "../view/points";
import type { PlaneName } from "../volume";
import type { Pane } from "./pane";
import type { VolumeDesk } from "./volumes";

/** Where another plane cuts this one. */
export interface CutLine {
  line: [ImagePoint, ImagePoint];
  /** Of the rebuilt plane that cuts; else another series does. */
  plane?: PlaneName;
  /** By which it is turned. */
  handles: ScreenPoint[];
}

const REACH_PX = 24;
const LEAST_PX = 36;
const TAP_PX = 4;

/** Turning rebuilt planes by the lines they cut into each other: what is held in one plane turns the
 * other two about its normal, through the located point. */
export class Crosshair {
  private held: { pane: Pane; angle: number; from: ScreenPoint; isMoved: boolean } | null = null;

  constructor(
    private readonly desk: VolumeDesk,
    private readonly located: () => Vec3 | null,
  ) {}

  linesIn(pane: Pane): CutLine[] {
    const plane = pane.viewport.plane();
    const placement = pane.viewport.placement();
    const middle = this.located();
    if (!plane || !placement || !middle) return [];
    return this.desk.planePanes.flatMap((other) => {
      const cutting = other.pane.viewport.plane();
      const line = other.pane !== pane && cutting && cutLine(plane, cutting);
      if (!line) return [];
      return [{ line, plane: other.name, handles: handlesOf(line.map((p) => toScreen(p, placement)), toScreen(fromPatient(plane, middle), placement), pane) }];
    });
  }

  /** What a pointer with the locating tool does; false where the point is meant and no handle: also
   * when a handle is only tapped. */
  on(pane: Pane, at: ScreenPoint, phase: "down" | "move" | "up"): boolean {
    if (phase === "down") return this.hold(pane, at);
    const isHeld = this.drag(at);
    if (phase !== "up") return isHeld;
    const isTap = isHeld && !this.held!.isMoved;
    this.held = null;
    return !isTap;
  }

  /** Take hold of a handle; false where there is none. */
  private hold(pane: Pane, at: ScreenPoint): boolean {
    const handles = this.linesIn(pane).flatMap((cut) => cut.handles);
    const isNear = handles.some((handle) => Math.hypot(handle.x - at.x, handle.y - at.y) <= REACH_PX);
    const angle = isNear ? this.angleOf(pane, at) : null;
    this.held = angle === null ? null : { pane, angle, from: at, isMoved: false };
    return this.held !== null;
  }

  /** The pointer that holds a handle is here now; false while none is held. */
  private drag(at: ScreenPoint): boolean {
    if (!this.held) return false;
    this.held.isMoved ||= Math.hypot(at.x - this.held.from.x, at.y - this.held.from.y) > TAP_PX;
    if (!this.held.isMoved) return true;
    const angle = this.angleOf(this.held.pane, at);
    if (angle === null) return true;
    this.desk.turnOthers(this.held.pane, angle - this.held.angle);
    this.held.angle = angle;
    return true;
  }

  /** Of a point about the located one, in the plane. */
  private angleOf(pane: Pane, at: ScreenPoint): number | null {
    const plane = pane.viewport.plane();
    const placement = pane.viewport.placement();
    const middle = this.located();
    if (!plane || !placement || !middle) return null;
    return angleIn(plane, add(toPatient(plane, toImage(at, placement)), middle, -1));
  }
}

const angleIn = (plane: Plane, way: Vec3): number => Math.atan2(dot(way, plane.down), dot(way, plane.right));

/** On both sides of the middle, where they can be seen. */
function handlesOf([from, to]: ScreenPoint[], middle: ScreenPoint, pane: Pane): ScreenPoint[] {
  const { clientWidth: width, clientHeight: height } = pane.viewport.box;
  const length = Math.hypot(to.x - from.x, to.y - from.y) || 1;
  const way = { x: (to.x - from.x) / length, y: (to.y - from.y) / length };
  const far = Math.min(width, height) * 0.27;
  return [far, -far].flatMap((off) => {
    const at = { x: middle.x + way.x * off, y: middle.y + way.y * off } as ScreenPoint;
    const along = (at.x - from.x) * way.x + (at.y - from.y) * way.y;
    const isSeen = at.x > 8 && at.y > 8 && at.x < width - 8 && at.y < height - 8;
    return isSeen && along > 0 && along < length && far > LEAST_PX ? [at] : [];
  });
}
