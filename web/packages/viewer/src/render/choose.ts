import { Canvas2dDevice } from "./canvas2d";
import type { RenderDevice } from "./device";
import { WebGl2Device } from "./webgl2";

/** WebGL2 where a GPU does the work; Canvas 2D where there is none, because a shader emulated in
 * software takes many times as long as a look-up table; and what is asked for by name. */
export function chooseDevice(canvas: HTMLCanvasElement, wanted: string | null): RenderDevice {
  if (wanted === "webgl2" || (wanted !== "2d" && hasGpu())) {
    try {
      return new WebGl2Device(canvas);
    } catch {
      // a canvas that refused WebGL2 still gives a 2D context
    }
  }
  return new Canvas2dDevice(canvas, true);
}

const SOFTWARE = /swiftshader|llvmpipe|softpipe|software|basic render/i;
let known: boolean | undefined;

/** Asked once, on a canvas of its own: one that has given a WebGL context gives no other. */
function hasGpu(): boolean {
  known ??= probe();
  return known;
}

function probe(): boolean {
  const gl = document.createElement("canvas").getContext("webgl2", { failIfMajorPerformanceCaveat: true });
  if (!gl) return false;
  const info = gl.getExtension("WEBGL_debug_renderer_info");
  const renderer = String(gl.getParameter(info ? info.UNMASKED_RENDERER_WEBGL : gl.RENDERER));
  gl.getExtension("WEBGL_lose_context")?.loseContext();
  return !SOFTWARE.test(renderer);
}
