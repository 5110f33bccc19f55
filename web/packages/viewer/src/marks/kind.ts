import type { Frame } from "../format/frame";
import type { ImagePoint } from "../view/points";
import type { Scale } from "./scale";

export type MarkName =
  | "length" | "angle" | "cobb" | "bidirectional" | "rectangle" | "ellipse" | "circle" | "polygon"
  | "freehand" | "probe" | "arrow" | "text" | "calibrate" | "region" | "key"; // prettier-ignore

/** What a kind may read besides its points. */
export interface MarkContext {
  scale: Scale;
  /** The exact frame; absent while it is on its way. */
  frame: Frame | undefined;
  slope: number;
  intercept: number;
  /** Of modality values: HU, Bq/ml or nothing. */
  unit: string;
  /** A modality value times this is SUVbw. */
  suvFactor?: number | null;
  text: string;
}

/** One kind of mark: how many points it takes, what is drawn, what it says. */
export interface MarkKind {
  readonly name: MarkName;
  readonly word: string;
  readonly hint: string;
  /** How many points it takes; Infinity: until it is closed. */
  readonly points: number;
  /** Lines to draw, in image points; the first also carries the reading. */
  outline(points: ImagePoint[], scale: Scale): ImagePoint[][];
  /** Lines of its reading. */
  read(points: ImagePoint[], context: MarkContext): string[];
  /** A word is asked for when it is made. */
  readonly asksText?: boolean;
  /** Points belong together two by two: each pair is a line of its own. */
  readonly isPairs?: boolean;
  /** Every move adds a point; it ends when the pointer is lifted. */
  readonly isStroke?: boolean;
  /** An arrow head stands at the first point. */
  readonly hasHead?: boolean;
}
