// The 2D view's shaders. Stored values arrive as integers; interpolation is done after the window,
// because integer textures cannot be filtered and a window between two stored values must not
// invent a third. When the picture is shrunk several samples are averaged, so nothing flickers.

export const VERTEX = `#version 300 es
uniform vec3 rowX; // image point -> device pixel x
uniform vec3 rowY;
uniform vec2 extent; // columns, rows
uniform vec2 screen;
out vec2 uv;
void main() {
  uv = vec2(float(gl_VertexID & 1), float(gl_VertexID >> 1));
  vec3 p = vec3(uv * extent, 1.0);
  vec2 at = vec2(dot(rowX, p), dot(rowY, p)) / screen * 2.0 - 1.0;
  gl_Position = vec4(at.x, -at.y, 0.0, 1.0);
}`;

const SHRUNK = `
uniform float taps; // samples per axis
vec3 shrunk(vec2 at) {
  vec2 across = dFdx(uv);
  vec2 down = dFdy(uv);
  vec3 sum = vec3(0.0);
  for (float y = 0.0; y < taps; y++)
    for (float x = 0.0; x < taps; x++)
      sum += sampled(at + across * ((x + 0.5) / taps - 0.5) + down * ((y + 0.5) / taps - 0.5));
  return sum / (taps * taps);
}`;

const SHARPENED = `float around = grey(p + ivec2(1, 0)) + grey(p - ivec2(1, 0)) + grey(p + ivec2(0, 1)) + grey(p - ivec2(0, 1));
  here = clamp(here + sharpness * (here - around / 4.0), 0.0, 1.0);`;

const SIGMOID = "float y = 1.0 / (1.0 + exp(-4.0 * (value - window.z) / window.w));";

const LINEAR = `float y;
  if (voi == 1) y = (value - window.z) / window.w + 0.5;
  else y = window.w <= 1.0 ? (value <= window.z - 0.5 ? 0.0 : 1.0) : (value - (window.z - 0.5)) / (window.w - 1.0) + 0.5;`;

const TABLE = `int place = clamp(int(roundEven(value)) - tableAt.x, 0, tableAt.y - 1);
  float y = float(texelFetch(table, ivec2(place & 1023, place >> 10), 0).r) / 255.0;`;

// what lies over the pixels: a word each, 0 where nothing does, else 256 + its grey
const COVER = `uniform highp usampler2D cover;
vec3 covered(vec3 here, ivec2 p) {
  uint over = texelFetch(cover, clamp(p, ivec2(0), ivec2(size) - 1), 0).r;
  return over > 0u ? vec3(float(over & 255u) / 255.0) : here;
}`;

export interface GreyVariant {
  sigmoid: boolean;
  table: boolean;
  covered: boolean;
  sharp: boolean;
  shrunk: boolean;
}

// What a picture does not need is left out at compile time: a renderer without a GPU executes
// both sides of every branch, and sharpening alone means five samples for one.
export const greyFragment = (kind: "isampler2D" | "usampler2D", variant: GreyVariant): string => `#version 300 es
precision highp float;
precision highp int;
uniform highp ${kind} stored;
uniform sampler2D palette;
uniform vec2 size;
uniform vec4 window; // slope, intercept, center, width
uniform int voi; // 0 linear, 1 linear exact, 2 sigmoid
uniform highp usampler2D table;
uniform ivec2 tableAt; // first value, how many
uniform float inverted;
uniform float sharpness;
uniform float isColoured;
in vec2 uv;
out vec4 colour;
${variant.covered ? COVER : ""}
float grey(ivec2 at) {
  ivec2 p = clamp(at, ivec2(0), ivec2(size) - 1);
  float value = float(texelFetch(stored, p, 0).r) * window.x + window.y;
  ${variant.table ? TABLE : variant.sigmoid ? SIGMOID : LINEAR}
  y = clamp(y, 0.0, 1.0);
  return mix(y, 1.0 - y, inverted);
}
float level(ivec2 p) {
  float here = grey(p);
  ${variant.sharp ? SHARPENED : ""}
  ${variant.covered ? "here = covered(vec3(here), p).r;" : ""}
  return here;
}
vec3 sampled(vec2 where) {
  vec2 at = where * size - 0.5;
  ivec2 base = ivec2(floor(at));
  vec2 t = at - vec2(base);
  float top = mix(level(base), level(base + ivec2(1, 0)), t.x);
  float bottom = mix(level(base + ivec2(0, 1)), level(base + ivec2(1, 1)), t.x);
  return vec3(mix(top, bottom, t.y));
}
${SHRUNK}
void main() {
  float g = ${variant.shrunk ? "shrunk" : "sampled"}(uv).r;
  colour = vec4(isColoured > 0.0 ? texture(palette, vec2((g * 255.0 + 0.5) / 256.0, 0.5)).rgb : vec3(g), 1.0);
}`;

const PLAIN_COLOUR = "vec3 sampled(vec2 at) { vec3 c = texture(stored, at).rgb; return mix(c, 1.0 - c, inverted); }";

const COVERED_COLOUR = `${COVER}
vec3 level(ivec2 at) {
  ivec2 p = clamp(at, ivec2(0), ivec2(size) - 1);
  vec3 c = texelFetch(stored, p, 0).rgb;
  return covered(mix(c, 1.0 - c, inverted), p);
}
vec3 sampled(vec2 where) {
  vec2 at = where * size - 0.5;
  ivec2 base = ivec2(floor(at));
  vec2 t = at - vec2(base);
  return mix(mix(level(base), level(base + ivec2(1, 0)), t.x), mix(level(base + ivec2(0, 1)), level(base + ivec2(1, 1)), t.x), t.y);
}`;

export const colourFragment = (isCovered: boolean): string => `#version 300 es
precision highp float;
precision highp int;
uniform sampler2D stored;
uniform vec2 size;
uniform float inverted;
in vec2 uv;
out vec4 colour;
${isCovered ? COVERED_COLOUR : PLAIN_COLOUR}
${SHRUNK}
void main() {
  colour = vec4(shrunk(uv), 1.0);
}`;
