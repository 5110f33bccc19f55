import type { Placement } from "../view/camera";
import type { Picture, RenderDevice } from "./device";

/** Draws nothing and remembers what it was asked to draw: for tests of what stands above it. */
export class NullDevice implements RenderDevice {
  readonly name = "null";
  readonly drawn: { picture: Picture | null; at: Placement; rows: number; cols: number }[] = [];

  constructor(private readonly canvas: { width: number; height: number }) {}

  get bytes(): number {
    return 0;
  }

  resize(widthPx: number, heightPx: number): void {
    this.canvas.width = widthPx;
    this.canvas.height = heightPx;
  }

  draw(picture: Picture | null, at: Placement, rows: number, cols: number): void {
    this.drawn.push({ picture, at, rows, cols });
  }

  dispose(): void {
    this.drawn.length = 0;
  }
}
