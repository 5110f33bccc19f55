import type { Placement } from "../view/camera";
import type { Picture, RenderDevice } from "./device";

const VERTEX = `#version 300 es
uniform vec4 place; // left, top, width, height in clip space
out vec2 uv;
void main() {
  vec2 corner = vec2(float(gl_VertexID & 1), float(gl_VertexID >> 1));
  uv = corner;
  gl_Position = vec4(place.x + corner.x * place.z, place.y - corner.y * place.w, 0.0, 1.0);
}`;

// Stored values arrive as integers; interpolation is done here after the window, because integer
// textures cannot be filtered and a window between two stored values must not invent a third.
const FRAGMENT = (kind: "isampler2D" | "usampler2D") => `#version 300 es
precision highp float;
precision highp int;
uniform highp ${kind} stored;
uniform vec2 size;
uniform vec4 window; // slope, intercept, center, width
uniform float inverted;
in vec2 uv;
out vec4 colour;
float grey(ivec2 at) {
  ivec2 p = clamp(at, ivec2(0), ivec2(size) - 1);
  float value = float(texelFetch(stored, p, 0).r) * window.x + window.y;
  float y = window.w <= 1.0 ? step(window.z - 0.5, value) : (value - (window.z - 0.5)) / (window.w - 1.0) + 0.5;
  return clamp(y, 0.0, 1.0);
}
void main() {
  vec2 at = uv * size - 0.5;
  ivec2 base = ivec2(floor(at));
  vec2 t = at - vec2(base);
  float top = mix(grey(base), grey(base + ivec2(1, 0)), t.x);
  float bottom = mix(grey(base + ivec2(0, 1)), grey(base + ivec2(1, 1)), t.x);
  float g = mix(top, bottom, t.y);
  colour = vec4(vec3(mix(g, 1.0 - g, inverted)), 1.0);
}`;

const FRAGMENT_READY = `#version 300 es
precision highp float;
uniform sampler2D ready;
uniform float isGrey;
in vec2 uv;
out vec4 colour;
void main() {
  vec4 p = texture(ready, uv);
  colour = vec4(mix(p.rgb, p.rrr, isGrey), 1.0);
}`;

type Kind = "signed" | "unsigned" | "ready";

/** Window and zoom on the GPU: a frame is uploaded once, then every change is a uniform. */
export class WebGl2Device implements RenderDevice {
  readonly name = "webgl2";
  private readonly gl: WebGL2RenderingContext;
  private readonly programs: Record<Kind, WebGLProgram>;
  private readonly texture: WebGLTexture;
  private uploadedKey = "";

  constructor(private readonly canvas: HTMLCanvasElement) {
    const gl = canvas.getContext("webgl2", { alpha: false, antialias: false, depth: false });
    if (!gl) throw new Error("no_webgl2");
    this.gl = gl;
    this.programs = {
      signed: this.program(FRAGMENT("isampler2D")),
      unsigned: this.program(FRAGMENT("usampler2D")),
      ready: this.program(FRAGMENT_READY),
    };
    this.texture = gl.createTexture()!;
    gl.bindTexture(gl.TEXTURE_2D, this.texture);
    gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
    gl.bindVertexArray(gl.createVertexArray());
  }

  /** The largest side of a picture this device can hold. */
  get maxSide(): number {
    return this.gl.getParameter(this.gl.MAX_TEXTURE_SIZE) as number;
  }

  resize(widthPx: number, heightPx: number): void {
    this.canvas.width = widthPx;
    this.canvas.height = heightPx;
    this.gl.viewport(0, 0, widthPx, heightPx);
  }

  draw(picture: Picture | null, at: Placement, rows: number, cols: number): void {
    const gl = this.gl;
    gl.clearColor(0, 0, 0, 1);
    gl.clear(gl.COLOR_BUFFER_BIT);
    if (!picture) return;
    if (picture.key !== this.uploadedKey) this.upload(picture);
    const program = this.programs[kindOf(picture)];
    gl.useProgram(program);
    const w = this.canvas.width / 2;
    const h = this.canvas.height / 2;
    gl.uniform4f(this.at(program, "place"), at.left / w - 1, 1 - at.top / h, (cols * at.scaleX) / w, (rows * at.scaleY) / h);
    if (picture.kind === "exact" && picture.frame.samples === 1) {
      gl.uniform2f(this.at(program, "size"), picture.frame.cols, picture.frame.rows);
      gl.uniform4f(this.at(program, "window"), picture.slope, picture.intercept, picture.center, picture.width);
      gl.uniform1f(this.at(program, "inverted"), picture.isInverted ? 1 : 0);
    } else {
      gl.uniform1f(this.at(program, "isGrey"), picture.kind === "preview" && picture.picture.samples === 1 ? 1 : 0);
    }
    gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4);
  }

  dispose(): void {
    this.gl.deleteTexture(this.texture);
    for (const program of Object.values(this.programs)) this.gl.deleteProgram(program);
  }

  private at(program: WebGLProgram, name: string): WebGLUniformLocation | null {
    return this.gl.getUniformLocation(program, name);
  }

  private upload(picture: Picture): void {
    const gl = this.gl;
    const source = picture.kind === "exact" ? picture.frame : picture.picture;
    const { cols, rows, pixels } = source;
    const isReady = kindOf(picture) === "ready";
    const filter = isReady ? gl.LINEAR : gl.NEAREST;
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, filter);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, filter);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
    const [internal, format, type] = this.formatOf(pixels, source.samples, isReady);
    gl.texImage2D(gl.TEXTURE_2D, 0, internal, cols, rows, 0, format, type, pixels);
    this.uploadedKey = picture.key;
  }

  private formatOf(pixels: ArrayBufferView, samples: number, isReady: boolean): [number, number, number] {
    const gl = this.gl;
    if (isReady) return samples === 3 ? [gl.RGB8, gl.RGB, gl.UNSIGNED_BYTE] : [gl.R8, gl.RED, gl.UNSIGNED_BYTE];
    if (pixels instanceof Int16Array) return [gl.R16I, gl.RED_INTEGER, gl.SHORT];
    if (pixels instanceof Uint16Array) return [gl.R16UI, gl.RED_INTEGER, gl.UNSIGNED_SHORT];
    if (pixels instanceof Int8Array) return [gl.R8I, gl.RED_INTEGER, gl.BYTE];
    return [gl.R8UI, gl.RED_INTEGER, gl.UNSIGNED_BYTE];
  }

  private program(fragment: string): WebGLProgram {
    const gl = this.gl;
    const program = gl.createProgram();
    for (const [type, source] of [
      [gl.VERTEX_SHADER, VERTEX],
      [gl.FRAGMENT_SHADER, fragment],
    ] as const) {
      const shader = gl.createShader(type)!;
      gl.shaderSource(shader, source);
      gl.compileShader(shader);
      gl.attachShader(program, shader);
    }
    gl.linkProgram(program);
    if (!gl.getProgramParameter(program, gl.LINK_STATUS)) throw new Error("shader_failed");
    return program;
  }
}

function kindOf(picture: Picture): Kind {
  if (picture.kind === "preview" || picture.frame.samples === 3) return "ready";
  return picture.frame.signed ? "signed" : "unsigned";
}
