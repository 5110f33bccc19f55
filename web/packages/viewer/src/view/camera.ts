import { imagePoint, screenPoint, type ImagePoint, type ScreenPoint } from "./points";

/** Where the image lies on the screen: fitted, then zoomed about the middle and moved. */
export interface Camera {
  zoom: number;
  panX: number;
  panY: number;
}

export interface Placement {
  /** CSS pixels of one image column and row; they differ for anisotropic pixels. */
  scaleX: number;
  scaleY: number;
  left: number;
  top: number;
}

export const MIN_ZOOM = 0.2;
export const MAX_ZOOM = 20;
export const homeCamera = (): Camera => ({ zoom: 1, panX: 0, panY: 0 });

/** The placement of an image of rows x cols with the given row/column spacing ratio. */
export function place(camera: Camera, rows: number, cols: number, aspect: number, width: number, height: number): Placement {
  const fit = Math.min(width / cols, height / (rows * aspect));
  const scaleX = fit * camera.zoom;
  const scaleY = scaleX * aspect;
  return {
    scaleX,
    scaleY,
    left: (width - cols * scaleX) / 2 + camera.panX,
    top: (height - rows * scaleY) / 2 + camera.panY,
  };
}

export function toImage(p: ScreenPoint, at: Placement): ImagePoint {
  return imagePoint((p.x - at.left) / at.scaleX, (p.y - at.top) / at.scaleY);
}

export function toScreen(p: ImagePoint, at: Placement): ScreenPoint {
  return screenPoint(at.left + p.x * at.scaleX, at.top + p.y * at.scaleY);
}

/** Zoom by `factor` so that the image point under `focus` stays there. */
export function zoomAt(camera: Camera, factor: number, focus: ScreenPoint, width: number, height: number): Camera {
  const zoom = Math.min(Math.max(camera.zoom * factor, MIN_ZOOM), MAX_ZOOM);
  const ratio = zoom / camera.zoom;
  const fx = focus.x - width / 2;
  const fy = focus.y - height / 2;
  return { zoom, panX: fx - (fx - camera.panX) * ratio, panY: fy - (fy - camera.panY) * ratio };
}
