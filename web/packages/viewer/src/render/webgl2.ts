import { columnScale, type Placement } from "../view/camera";
import type { WindowValue } from "../format/manifest";
import type { Picture, RenderDevice } from "./device";
import { tableGreys, tableKey } from "../view/windows";
import { coverOf, shownLayers } from "./layers";
import { Program } from "./program";
import { colourFragment, greyFragment, VERTEX } from "./shaders";

const VOI = { LINEAR: 0, LINEAR_EXACT: 1, SIGMOID: 2 };
const MAX_TAPS = 4;
const TABLE_COLS = 1024; // of the texture that holds a look-up table
/** Texture units. */
const STORED = 0;
const PALETTE = 1;
const TABLE = 2;
const COVER = 3;

/** Window and zoom on the GPU: a frame is uploaded once, then every change is a uniform. */
export class WebGl2Device implements RenderDevice {
  readonly name = "webgl2";
  private readonly gl: WebGL2RenderingContext;
  private readonly programs = new Map<string, Program>();
  private readonly texture: WebGLTexture;
  private readonly palette: WebGLTexture;
  private uploadedKey = "";
  private textureBytes = 0;
  private uploadedPalette = "";
  private readonly more = new Map<number, { texture: WebGLTexture; key: string; bytes: number }>();

  constructor(private readonly canvas: HTMLCanvasElement) {
    const gl = canvas.getContext("webgl2", { alpha: false, antialias: false, depth: false });
    if (!gl) throw new Error("no_webgl2");
    this.gl = gl;
    this.texture = gl.createTexture()!;
    this.palette = gl.createTexture()!;
    gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
    gl.bindVertexArray(gl.createVertexArray());
    gl.activeTexture(gl.TEXTURE0 + PALETTE); // a sampler wants a whole texture even where it is not read
    this.bind(this.palette, gl.NEAREST);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGB8, 256, 1, 0, gl.RGB, gl.UNSIGNED_BYTE, null);
  }

  get bytes(): number {
    const more = [...this.more.values()].reduce((sum, { bytes }) => sum + bytes, 0);
    return this.canvas.width * this.canvas.height * 4 + this.textureBytes + more;
  }

  resize(widthPx: number, heightPx: number, ratio = 1): void {
    this.canvas.width = widthPx;
    this.canvas.height = heightPx;
    // a box of half a pixel more or less must not make the browser stretch what was drawn
    this.canvas.style.width = `${widthPx / ratio}px`;
    this.canvas.style.height = `${heightPx / ratio}px`;
    this.gl.viewport(0, 0, widthPx, heightPx);
  }

  draw(picture: Picture | null, at: Placement, rows: number, cols: number): void {
    const gl = this.gl;
    gl.clearColor(0, 0, 0, 1);
    gl.clear(gl.COLOR_BUFFER_BIT);
    if (!picture) return;
    this.upload(picture);
    const shrink = picture.frame.cols / (columnScale(at) * cols);
    const taps = Math.min(Math.max(Math.ceil(shrink - 0.25), 1), MAX_TAPS);
    const cover = this.uploadCover(picture);
    const program = this.program(picture, taps > 1, cover);
    program.use();
    gl.uniform3f(program.at("rowX"), at.a, at.b, at.e);
    gl.uniform3f(program.at("rowY"), at.c, at.d, at.f);
    gl.uniform2f(program.at("extent"), cols, rows);
    gl.uniform2f(program.at("screen"), this.canvas.width, this.canvas.height);
    gl.uniform1f(program.at("taps"), taps);
    gl.uniform1f(program.at("inverted"), picture.look.isInverted ? 1 : 0);
    gl.uniform1i(program.at("stored"), STORED);
    gl.uniform2f(program.at("size"), picture.frame.cols, picture.frame.rows);
    if (cover) gl.uniform1i(program.at("cover"), COVER);
    if (picture.frame.samples === 1) this.setGrey(program, picture);
    gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4);
  }

  dispose(): void {
    this.gl.deleteTexture(this.texture);
    this.gl.deleteTexture(this.palette);
    for (const { texture } of this.more.values()) this.gl.deleteTexture(texture);
    this.more.clear();
    for (const program of this.programs.values()) program.dispose();
    this.textureBytes = 0;
    this.gl.getExtension("WEBGL_lose_context")?.loseContext(); // browsers keep few, and give them back late
  }

  /** Made when first needed; the plain one, which nearly every picture uses, is cheap. */
  private program({ frame, window, look }: Picture, shrunk: boolean, covered: boolean): Program {
    const table = window.table !== undefined;
    const variant = { sigmoid: window.function === "SIGMOID", table, sharp: look.sharpness !== 0, shrunk, covered };
    const kind = frame.signed ? "isampler2D" : "usampler2D";
    const key = frame.samples === 3 ? `colour${covered}` : kind + JSON.stringify(variant);
    let made = this.programs.get(key);
    if (!made) {
      made = new Program(this.gl, VERTEX, frame.samples === 3 ? colourFragment(covered) : greyFragment(kind, variant));
      this.programs.set(key, made);
    }
    return made;
  }

  private setGrey(program: Program, { slope, intercept, window, look }: Picture): void {
    const gl = this.gl;
    gl.uniform1i(program.at("palette"), PALETTE);
    if (window.table) this.setTable(program, window);
    gl.uniform4f(program.at("window"), slope, intercept, window.center, window.width);
    gl.uniform1i(program.at("voi"), VOI[window.function ?? "LINEAR"]);
    gl.uniform1f(program.at("sharpness"), look.sharpness);
    gl.uniform1f(program.at("isColoured"), look.palette ? 1 : 0);
    if (look.palette && look.palette.name !== this.uploadedPalette) {
      gl.activeTexture(gl.TEXTURE0 + PALETTE);
      this.bind(this.palette, gl.NEAREST);
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGB8, 256, 1, 0, gl.RGB, gl.UNSIGNED_BYTE, look.palette.rgb);
      this.uploadedPalette = look.palette.name;
    }
  }

  private setTable(program: Program, window: WindowValue): void {
    const gl = this.gl;
    const greys = tableGreys(window.table!);
    const rows = Math.ceil(greys.length / TABLE_COLS);
    const padded = (): Uint8Array => {
      const out = new Uint8Array(rows * TABLE_COLS);
      out.set(greys);
      return out;
    };
    this.uploadOnce(TABLE, String(tableKey(window)), [gl.R8UI, TABLE_COLS, rows, gl.UNSIGNED_BYTE], padded);
    gl.uniform1i(program.at("table"), TABLE);
    gl.uniform2i(program.at("tableAt"), window.table!.first, greys.length);
  }

  /** Whether anything lies over the picture. */
  private uploadCover({ key, frame, look }: Picture): boolean {
    const layers = shownLayers(frame, look);
    if (!layers.length) return false;
    const { gl } = this;
    const size: [number, number, number, number] = [gl.R16UI, frame.cols, frame.rows, gl.UNSIGNED_SHORT];
    this.uploadOnce(COVER, `${key}|${look.hasShutter}|${look.hasOverlays}`, size, () => coverOf(layers, frame.rows, frame.cols));
    return true;
  }

  private uploadOnce(unit: number, key: string, [internal, cols, rows, type]: [number, number, number, number], make: () => Uint8Array | Uint16Array): void {
    const gl = this.gl;
    let kept = this.more.get(unit);
    if (!kept) this.more.set(unit, (kept = { texture: gl.createTexture()!, key: "", bytes: 0 }));
    if (kept.key === key) return;
    gl.activeTexture(gl.TEXTURE0 + unit);
    this.bind(kept.texture, gl.NEAREST);
    const data = make();
    gl.texImage2D(gl.TEXTURE_2D, 0, internal, cols, rows, 0, gl.RED_INTEGER, type, data);
    kept.key = key;
    kept.bytes = data.byteLength;
  }

  private upload({ key, frame }: Picture): void {
    if (key === this.uploadedKey) return;
    const gl = this.gl;
    gl.activeTexture(gl.TEXTURE0 + STORED);
    this.bind(this.texture, frame.samples === 3 ? gl.LINEAR : gl.NEAREST);
    const [internal, format, type] = this.formatOf(frame.pixels, frame.samples);
    gl.texImage2D(gl.TEXTURE_2D, 0, internal, frame.cols, frame.rows, 0, format, type, frame.pixels);
    this.uploadedKey = key;
    this.textureBytes = frame.pixels.byteLength;
  }

  private bind(texture: WebGLTexture, filter: number): void {
    const gl = this.gl;
    gl.bindTexture(gl.TEXTURE_2D, texture);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, filter);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, filter);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
  }

  private formatOf(pixels: ArrayBufferView, samples: number): [number, number, number] {
    const gl = this.gl;
    if (samples === 3) return [gl.RGB8, gl.RGB, gl.UNSIGNED_BYTE];
    if (pixels instanceof Int16Array) return [gl.R16I, gl.RED_INTEGER, gl.SHORT];
    if (pixels instanceof Uint16Array) return [gl.R16UI, gl.RED_INTEGER, gl.UNSIGNED_SHORT];
    if (pixels instanceof Int8Array) return [gl.R8I, gl.RED_INTEGER, gl.BYTE];
    return [gl.R8UI, gl.RED_INTEGER, gl.UNSIGNED_BYTE];
  }
}
