import { Program } from "../render/program";
import type { WindowValue } from "../format/manifest";
import type { CropBox } from "./adjust";
import { radiusOf, viewToTexture, type Camera3d } from "./camera3d";
import { transferTable, type Preset } from "./presets";
import { RAY_FRAGMENT, RAY_VERTEX } from "./shaders";
import { byteVolume, type ByteVolume } from "./texture";
import type { Volume } from "./volume";

export interface Scene {
  camera: Camera3d;
  preset: Preset;
  /** Of the MIP. */
  window: WindowValue;
  /** 0..1 of the volume cut away from the front. */
  cut: number;
  box: CropBox;
  stepMm: number;
}

/** Draws a volume by casting rays. Throws Error("no_webgl2") where there is none. */
export class VolumeRenderer {
  private readonly gl: WebGL2RenderingContext;
  private readonly program: Program;
  private readonly textures: WebGLTexture[] = [];
  private readonly voxels: ByteVolume;
  private shownPreset = "";

  constructor(
    private readonly canvas: HTMLCanvasElement,
    private readonly volume: Volume,
    longest: number,
  ) {
    const gl = canvas.getContext("webgl2", { alpha: false, antialias: false, depth: false });
    if (!gl) throw new Error("no_webgl2");
    this.gl = gl;
    this.program = new Program(gl, RAY_VERTEX, RAY_FRAGMENT);
    this.voxels = byteVolume(volume, Math.min(longest, gl.getParameter(gl.MAX_3D_TEXTURE_SIZE) as number));
    gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
    gl.bindVertexArray(gl.createVertexArray());
    const { size, data } = this.voxels;
    this.bind(0, gl.TEXTURE_3D, gl.LINEAR);
    gl.texImage3D(gl.TEXTURE_3D, 0, gl.R8, size[0], size[1], size[2], 0, gl.RED, gl.UNSIGNED_BYTE, data);
    this.bind(1, gl.TEXTURE_2D, gl.LINEAR);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, 256, 1, 0, gl.RGBA, gl.UNSIGNED_BYTE, null);
  }

  /** Twice: here and on the GPU. */
  get bytes(): number {
    return 2 * this.voxels.data.byteLength;
  }

  draw(scene: Scene): void {
    const { gl, program, voxels: bytes } = this;
    const { width, height } = this.canvas;
    const radius = radiusOf(this.volume);
    const half = (0.64 * radius) / scene.camera.zoom / Math.min(width, height);
    program.use();
    gl.viewport(0, 0, width, height);
    if (scene.preset.id !== this.shownPreset) {
      gl.activeTexture(gl.TEXTURE1);
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, 256, 1, 0, gl.RGBA, gl.UNSIGNED_BYTE, transferTable(scene.preset, bytes.low, bytes.high));
      this.shownPreset = scene.preset.id;
    }
    gl.uniform1i(program.at("volume"), 0);
    gl.uniform1i(program.at("transfer"), 1);
    gl.uniformMatrix4fv(program.at("toVolume"), false, viewToTexture(scene.camera, this.volume));
    gl.uniform2f(program.at("halfView"), half * width, half * height);
    gl.uniform1f(program.at("depth"), radius);
    gl.uniform1f(program.at("stepMm"), scene.stepMm);
    gl.uniform1f(program.at("cutMm"), 2 * radius * scene.cut);
    gl.uniform1f(program.at("isMip"), scene.preset.isMip ? 1 : 0);
    const span = bytes.high - bytes.low;
    const { center, width: wide } = scene.window;
    gl.uniform2f(program.at("window"), (center - wide / 2 - bytes.low) / span, Math.max(wide, 1) / span);
    gl.uniform3f(program.at("texel"), 1 / bytes.size[0], 1 / bytes.size[1], 1 / bytes.size[2]);
    gl.uniform3fv(program.at("boxLow"), scene.box.low);
    gl.uniform3fv(program.at("boxHigh"), scene.box.high);
    gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4);
  }

  dispose(): void {
    for (const texture of this.textures) this.gl.deleteTexture(texture);
    this.program.dispose();
    this.gl.getExtension("WEBGL_lose_context")?.loseContext();
  }

  private bind(place: 0 | 1, kind: number, filter: number): void {
    const { gl } = this;
    const texture = gl.createTexture()!;
    this.textures.push(texture);
    gl.activeTexture(gl.TEXTURE0 + place);
    gl.bindTexture(kind, texture);
    for (const side of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER]) gl.texParameteri(kind, side, filter);
    for (const side of [gl.TEXTURE_WRAP_S, gl.TEXTURE_WRAP_T, gl.TEXTURE_WRAP_R]) gl.texParameteri(kind, side, gl.CLAMP_TO_EDGE);
  }
}
