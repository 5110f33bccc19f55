// Rays through a volume of 8-bit values, front to back. `toVolume` takes a point of the view
// (x right, y up, z towards the eye, in millimetres about the middle) into texture coordinates.

export const RAY_VERTEX = `#version 300 es
out vec2 at;
void main() {
  at = vec2(float(gl_VertexID & 1), float(gl_VertexID >> 1)) * 2.0 - 1.0;
  gl_Position = vec4(at, 0.0, 1.0);
}`;

export const RAY_FRAGMENT = `#version 300 es
precision highp float;
precision highp sampler3D;
uniform sampler3D volume;
uniform sampler2D transfer;
uniform mat4 toVolume;
uniform vec2 halfView; // mm
uniform float depth; // mm, half the way a ray goes
uniform float stepMm;
uniform float cutMm; // how much is cut away from the front
uniform float isMip;
uniform vec2 window; // low, width of the MIP in 0..1
uniform vec3 texel;
uniform vec3 boxLow; // what is drawn of the volume
uniform vec3 boxHigh;
in vec2 at;
out vec4 colour;
float value(vec3 p) { return texture(volume, p).r; }
vec3 slope(vec3 p) {
  return vec3(value(p + vec3(texel.x, 0, 0)) - value(p - vec3(texel.x, 0, 0)),
              value(p + vec3(0, texel.y, 0)) - value(p - vec3(0, texel.y, 0)),
              value(p + vec3(0, 0, texel.z)) - value(p - vec3(0, 0, texel.z)));
}
float noise(vec2 p) { return fract(sin(dot(p, vec2(12.9898, 78.233))) * 43758.5453); }
void main() {
  vec3 from = (toVolume * vec4(at * halfView, depth - cutMm, 1.0)).xyz;
  vec3 way = (toVolume * vec4(0.0, 0.0, -1.0, 0.0)).xyz; // per millimetre
  vec3 safe = mix(way, vec3(1e-6), lessThan(abs(way), vec3(1e-6)));
  vec3 a = (boxLow - from) / safe;
  vec3 b = (boxHigh - from) / safe;
  vec3 near = min(a, b);
  vec3 far = max(a, b);
  float t = max(max(near.x, near.y), max(near.z, 0.0));
  float end = min(min(far.x, far.y), min(far.z, 2.0 * depth));
  t += stepMm * noise(gl_FragCoord.xy);
  vec3 sum = vec3(0.0);
  float alpha = 0.0;
  float most = 0.0;
  for (int i = 0; i < 2048; i++) {
    if (t >= end || alpha > 0.98) break;
    vec3 p = from + way * t;
    float v = value(p);
    if (isMip > 0.0) most = max(most, v);
    else {
      vec4 c = texture(transfer, vec2((v * 255.0 + 0.5) / 256.0, 0.5));
      if (c.a > 0.002) {
        vec3 g = slope(p);
        float steep = length(g);
        float light = steep > 0.004 ? 0.3 + 0.7 * abs(dot(normalize(g / texel), normalize(way / texel))) : 0.8;
        float opacity = 1.0 - pow(1.0 - min(c.a, 0.999), stepMm);
        sum += (1.0 - alpha) * opacity * light * c.rgb;
        alpha += (1.0 - alpha) * opacity;
      }
    }
    t += stepMm;
  }
  colour = vec4(isMip > 0.0 ? vec3(clamp((most - window.x) / window.y, 0.0, 1.0)) : sum, 1.0);
}`;
