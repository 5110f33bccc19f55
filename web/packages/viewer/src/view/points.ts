// Branded coordinates: a point on the screen cannot be passed where one in the image is meant.

declare const screenBrand: unique symbol;
declare const imageBrand: unique symbol;

/** CSS pixels from the canvas' upper left corner. */
export type ScreenPoint = { readonly x: number; readonly y: number; readonly [screenBrand]: true };
/** Columns and rows of the image; (0, 0) is the outer corner of the first pixel. */
export type ImagePoint = { readonly x: number; readonly y: number; readonly [imageBrand]: true };

export const screenPoint = (x: number, y: number): ScreenPoint => ({ x, y }) as ScreenPoint;
export const imagePoint = (x: number, y: number): ImagePoint => ({ x, y }) as ImagePoint;
