// Pseudo-colour tables by the names a hospital asks for (clause 9.9). Apricot to Rainbow follow the
// published facts of the colour tables of that name; the tints from GRAY to YELLOW have no public
// definition and are ours (docs/provenance.md).

/** 256 RGB triples, dark to bright. */
export interface Palette {
  name: string;
  rgb: Uint8Array;
}

type Rule = (x: number) => [number, number, number];
type Stop = [at: number, red: number, green: number, blue: number];

/** Straight lines between stops. */
function ramp(...stops: Stop[]): Rule {
  return (x) => {
    const next = Math.max(stops.findIndex((s) => s[0] >= x), 1);
    const [a, b] = [stops[next - 1], stops[next]];
    const t = (x - a[0]) / (b[0] - a[0]);
    const mix = (i: 1 | 2 | 3): number => a[i] + (b[i] - a[i]) * t;
    return [mix(1), mix(2), mix(3)];
  };
}

const modulo256 = (value: number): number => ((value % 256) + 256) % 256;

/** Straight lines between values that stand at equal distances. */
const between = (...values: number[]) => (x: number): number => {
  const at = Math.min(x * (values.length - 1), values.length - 1.000001);
  const low = Math.floor(at);
  return values[low] + (values[low + 1] - values[low]) * (at - low);
};

const APRICOT_BLUE = between(
  226, 130, 47, 8, 27, 8, 47, 130, 216, 199, 113, 54, 30, 45, 96, 176, 239, 142, 56, 3, 27, 12, 39, 119, 214, 210, 123, 60, 31,
  41, 88, 164, 251,
);
const APRICOT_RED = ramp([0, 0, 0, 0], [0.6875, 186, 0, 0], [1, 255, 0, 0]);
const ETHER_GREEN = between(
  0, 0, 4, 10, 16, 17, 10, 7, 30, 61, 95, 125, 145, 152, 141, 113, 71, 23, 24, 62, 80, 75, 43, 17, 81, 161, 240, 208, 172, 169,
  200, 245, 154,
);

const tint = (red: number, green: number, blue: number): Rule => ramp([0, 0, 0, 0], [0.6, red, green, blue], [1, 255, 255, 255]);

const RULES: Record<string, Rule> = {
  GRAY: ramp([0, 0, 0, 0], [1, 255, 255, 255]),
  "BLUE-YELLOW": ramp([0, 0, 0, 96], [0.5, 96, 112, 128], [1, 255, 240, 64]),
  "LIGHT BLUE1": tint(96, 160, 224),
  LIGHTBLUE2: tint(64, 176, 232),
  SEPIA1: tint(176, 128, 80),
  SEPIA2: tint(152, 112, 72),
  WINERED: tint(160, 48, 80),
  YELLOW: ramp([0, 0, 0, 0], [1, 255, 240, 96]),
  Apricot: (x) => [APRICOT_RED(x)[0], 109 * x + 25 * x * Math.sin(9.92 * Math.PI * x), APRICOT_BLUE(x)],
  Carnation: ramp(
    [0, 255, 0, 4], [0.165, 255, 42, 255], [0.338, 88, 88, 255], [0.507, 130, 255, 252], [0.675, 167, 255, 172],
    [0.847, 255, 255, 214], [0.94, 255, 244, 236], [1, 255, 251, 251],
  ),
  Ether: (x) => [283 * x, ETHER_GREEN(x), modulo256(255 - 190 * Math.sin(12.44 * x))],
  HotMetal: (x) => [(x / 0.5715) * 255, ((x - 0.6) / 0.35) * 255, 0],
  "Lava Waves": (x) => [128 + 128 * Math.sin(6.25 * (x + 0.5)), 97 + 63 * Math.sin(99.72 * x), 128 + 128 * Math.sin(6.23 * x)],
  "Purple Haze": ramp(
    [0, 13, 0, 16], [0.27, 205, 0, 255], [0.272, 73, 0, 183], [0.564, 123, 181, 133], [0.5641, 123, 5, 131],
    [0.856, 222, 226, 34], [0.8561, 172, 102, 0], [0.928, 205, 60, 2], [1, 249, 5, 2],
  ),
  Rainbow: ramp([0, 127, 0, 255], [1 / 9, 0, 0, 255], [3 / 9, 0, 255, 255], [5 / 9, 0, 255, 0], [7 / 9, 255, 255, 0], [1, 255, 0, 0]),
};

export const PALETTE_NAMES = Object.keys(RULES);

/** The table of that name. */
export function paletteOf(name: string): Palette {
  const rule = RULES[name];
  const rgb = new Uint8Array(768);
  for (let i = 0; i < 256; i++) rule(i / 255).forEach((value, c) => (rgb[i * 3 + c] = Math.min(Math.max(Math.round(value), 0), 255)));
  return { name, rgb };
}
