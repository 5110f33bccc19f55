import { imagePoint, screenPoint, type ImagePoint, type ScreenPoint } from "./points";

/** How the image is turned on the screen: one of the eight orthogonal 2x2 matrices, image to screen
 * (x' = a x + b y, y' = c x + d y). */
export interface Turn {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly d: number;
}

/** Where the image lies on the screen: turned, fitted, then zoomed about the middle and moved. */
export interface Camera {
  zoom: number;
  panX: number;
  panY: number;
  turn: Turn;
}

/** Image to screen, in CSS pixels: x' = a x + b y + e, y' = c x + d y + f. */
export interface Placement {
  a: number;
  b: number;
  c: number;
  d: number;
  e: number;
  f: number;
}

export const MIN_ZOOM = 0.2;
export const MAX_ZOOM = 24;
const UPRIGHT: Turn = { a: 1, b: 0, c: 0, d: 1 };

/** What a button does to the picture as it stands on the screen. */
export const TURNS = {
  right: { a: 0, b: -1, c: 1, d: 0 },
  left: { a: 0, b: 1, c: -1, d: 0 },
  flipHorizontal: { a: -1, b: 0, c: 0, d: 1 },
  flipVertical: { a: 1, b: 0, c: 0, d: -1 },
} satisfies Record<string, Turn>;

export const homeCamera = (): Camera => ({ zoom: 1, panX: 0, panY: 0, turn: UPRIGHT });

/** Turn or flip what is on the screen about the middle of the screen. */
export function turned(camera: Camera, by: Turn): Camera {
  const { panX: x, panY: y } = camera;
  return { zoom: camera.zoom, panX: by.a * x + by.b * y, panY: by.c * x + by.d * y, turn: product(by, camera.turn) };
}

function product(p: Turn, q: Turn): Turn {
  return {
    a: p.a * q.a + p.b * q.c + 0, // + 0: no negative zeros
    b: p.a * q.b + p.b * q.d + 0,
    c: p.c * q.a + p.d * q.c + 0,
    d: p.c * q.b + p.d * q.d + 0,
  };
}

/** CSS pixels of one column when the whole image just fits; `aspect` is row spacing / column spacing. */
export function fitScale(turn: Turn, rows: number, cols: number, aspect: number, width: number, height: number): number {
  const tall = rows * aspect;
  return turn.a === 0 ? Math.min(width / tall, height / cols) : Math.min(width / cols, height / tall);
}

/** What a fitted image leaves free of the width. */
export function spareWidth(turn: Turn, rows: number, cols: number, aspect: number, width: number, height: number): number {
  return width - fitScale(turn, rows, cols, aspect, width, height) * (turn.a === 0 ? rows * aspect : cols);
}

/** The placement of an image of rows x cols on a screen of width x height CSS pixels. */
export function place(camera: Camera, rows: number, cols: number, aspect: number, width: number, height: number): Placement {
  const { turn } = camera;
  const sx = fitScale(turn, rows, cols, aspect, width, height) * camera.zoom;
  const sy = sx * aspect;
  const m = { a: turn.a * sx, b: turn.b * sy, c: turn.c * sx, d: turn.d * sy };
  return {
    ...m,
    e: width / 2 + camera.panX - (m.a * cols + m.b * rows) / 2,
    f: height / 2 + camera.panY - (m.c * cols + m.d * rows) / 2,
  };
}

/** CSS pixels of one column. */
export const columnScale = (at: Placement): number => Math.hypot(at.a, at.c);

export function toImage(p: ScreenPoint, at: Placement): ImagePoint {
  const { a, b, c, d, e, f } = at;
  const size = a * d - b * c;
  const x = p.x - e;
  const y = p.y - f;
  return imagePoint((d * x - b * y) / size, (a * y - c * x) / size);
}

export function toScreen(p: ImagePoint, at: Placement): ScreenPoint {
  return screenPoint(at.a * p.x + at.b * p.y + at.e, at.c * p.x + at.d * p.y + at.f);
}

/** Zoom by `factor` so that the image point under `focus` stays there. */
export function zoomAt(camera: Camera, factor: number, focus: ScreenPoint, width: number, height: number): Camera {
  const zoom = Math.min(Math.max(camera.zoom * factor, MIN_ZOOM), MAX_ZOOM);
  const ratio = zoom / camera.zoom;
  const fx = focus.x - width / 2;
  const fy = focus.y - height / 2;
  return { ...camera, zoom, panX: fx - (fx - camera.panX) * ratio, panY: fy - (fy - camera.panY) * ratio };
}
