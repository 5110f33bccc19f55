import type { Frame } from "../format/frame";
import type { WindowValue } from "../format/manifest";
import type { Placement } from "../view/camera";
import type { Palette } from "./palettes";

/** What the eye chose besides window and camera. */
export interface Look {
  isInverted: boolean;
  /** 0: as it is; 1: clearly sharper. */
  sharpness: number;
  palette: Palette | null;
  /** The display shutter hides what it should. */
  hasShutter: boolean;
  /** The file's own graphics are drawn. */
  hasOverlays: boolean;
}

export const plainLook = (): Look => ({ isInverted: false, sharpness: 0, palette: null, hasShutter: true, hasOverlays: true });

/** What is drawn: stored values through slope, intercept and window, or colour as it is. */
export interface Picture {
  /** The same key means the same samples. */
  key: string;
  frame: Frame;
  slope: number;
  intercept: number;
  window: WindowValue;
  look: Look;
}

/** Draws one picture into one canvas. `rows` and `cols` are the exact frame's, whatever is drawn. */
export interface RenderDevice {
  readonly name: string;
  /** What its canvas, buffer or texture holds. */
  readonly bytes: number;
  /** `ratio`: device pixels of one CSS pixel. */
  resize(widthPx: number, heightPx: number, ratio?: number): void;
  /** `at` in device pixels. */
  draw(picture: Picture | null, at: Placement, rows: number, cols: number): void;
  dispose(): void;
}
