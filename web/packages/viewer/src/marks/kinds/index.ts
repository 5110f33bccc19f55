import type { MarkKind, MarkName } from "../kind";
import { angle } from "./angle";
import { arrow } from "./arrow";
import { bidirectional } from "./bidirectional";
import { calibrate } from "./calibrate";
import { circle } from "./circle";
import { cobb } from "./cobb";
import { ellipse } from "./ellipse";
import { freehand } from "./freehand";
import { key } from "./key";
import { length } from "./length";
import { polygon } from "./polygon";
import { probe } from "./probe";
import { rectangle } from "./rectangle";
import { region } from "./region";
import { text } from "./text";

/** Every kind of mark, by name, in the order of the tool sheet. */
export const KINDS: Record<MarkName, MarkKind> = {
  length, angle, cobb, bidirectional, rectangle, ellipse, circle, polygon, freehand, probe, arrow, text,
  calibrate, region, key,
}; // prettier-ignore

export const isMarkName = (name: string): name is MarkName => name in KINDS;
