import { Canvas2dDevice } from "./canvas2d";
import type { RenderDevice } from "./device";
import { WebGl2Device } from "./webgl2";

/** WebGL2 where it works, Canvas 2D everywhere else (and when asked for). */
export function chooseDevice(canvas: HTMLCanvasElement, wanted: string | null): RenderDevice {
  if (wanted !== "2d") {
    try {
      return new WebGl2Device(canvas);
    } catch {
      // a canvas that refused WebGL2 still gives a 2D context
    }
  }
  return new Canvas2dDevice(canvas);
}
