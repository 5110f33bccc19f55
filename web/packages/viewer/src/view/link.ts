import type { FrameSource } from "../loading/source";
import { dot, nearestFrame, planeOf, toPatient, type Plane } from "./planes";
import { imagePoint } from "./points";

// How one pane follows another.

const PARALLEL = 0.9;

const middleOf = (plane: Plane) => toPatient(plane, imagePoint(plane.cols / 2, plane.rows / 2));

/** Whether two sources stand in one frame of reference. */
export function isSameSpace(a: FrameSource, b: FrameSource): boolean {
  const uid = a.entry.frame_of_reference_uid;
  return uid !== "" && uid === b.entry.frame_of_reference_uid;
}

/** The frame of `other` that goes with frame `index` of `source`: the nearest parallel slice where
 * both know where they are, else the same share of the way; null where it should stay. */
export function linkedIndex(source: FrameSource, index: number, other: FrameSource): number | null {
  const from = planeOf(source.entry, index);
  const to = planeOf(other.entry, 0);
  if (from && to && isSameSpace(source, other)) {
    if (Math.abs(dot(from.normal, to.normal)) < PARALLEL) return null;
    return nearestFrame(other.entry, middleOf(from));
  }
  if (source.entry.count < 2 || other.entry.count < 2) return null;
  return Math.round((index / (source.entry.count - 1)) * (other.entry.count - 1));
}

