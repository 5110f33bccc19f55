import type { Frame } from "../format/frame";
import type { PreviewPicture } from "../format/preview";
import type { Placement } from "../view/camera";

/** What is drawn: an exact frame through its window, or a reduced picture as it is. */
export type Picture =
  | { kind: "exact"; key: string; frame: Frame; slope: number; intercept: number; isInverted: boolean; center: number; width: number }
  | { kind: "preview"; key: string; picture: PreviewPicture };

/** Draws one picture into one canvas. `rows` and `cols` are the exact frame's, whatever is drawn. */
export interface RenderDevice {
  readonly name: string;
  resize(widthPx: number, heightPx: number): void;
  /** Positions in device pixels. */
  draw(picture: Picture | null, at: Placement, rows: number, cols: number): void;
  dispose(): void;
}
