/** How values become colour and opacity in a rendered volume. */
export interface Preset {
  id: string;
  name: string;
  /** Only the largest value along each ray, through the 2D window. */
  isMip?: boolean;
  /** [modality value, red, green, blue 0..255, opacity 0..1 per millimetre] */
  stops: [number, number, number, number, number][];
}

export const CT_PRESETS: Preset[] = [
  { id: "bone", name: "骨骼", stops: [[150, 120, 60, 40, 0], [220, 190, 110, 80, 0.06], [400, 235, 215, 180, 0.5], [1200, 255, 250, 240, 0.9]] },
  { id: "vessel", name: "血管", stops: [[110, 120, 20, 20, 0], [160, 200, 40, 40, 0.15], [260, 230, 90, 70, 0.4], [450, 245, 225, 190, 0.5], [1200, 255, 250, 240, 0.8]] },
  { id: "lung", name: "肺", stops: [[-950, 40, 60, 90, 0], [-870, 90, 130, 180, 0], [-750, 150, 190, 220, 0.05], [-550, 230, 200, 190, 0.12], [-300, 240, 170, 160, 0.02], [-200, 255, 255, 255, 0]] },
  { id: "skin", name: "体表", stops: [[-450, 190, 130, 105, 0], [-250, 220, 165, 140, 0.5], [100, 235, 190, 165, 0.7], [1000, 255, 245, 235, 0.9]] },
  { id: "mip", name: "MIP", isMip: true, stops: [] },
]; // prettier-ignore

/** Signal has no fixed scale outside CT: shares of the shown window instead of Hounsfield units. */
export function signalPresets(low: number, high: number): Preset[] {
  const at = (share: number): number => low + (high - low) * share;
  return [
    { id: "surface", name: "表面", stops: [[at(0.12), 170, 130, 110, 0], [at(0.25), 215, 180, 160, 0.3], [at(1), 255, 250, 240, 0.7]] },
    { id: "soft", name: "通透", stops: [[at(0.2), 60, 90, 120, 0], [at(0.5), 170, 190, 210, 0.02], [at(1), 255, 255, 255, 0.2]] },
    { id: "mip", name: "MIP", isMip: true, stops: [] },
  ];
}

/** 256 RGBA entries from `low` to `high` modality values. */
export function transferTable({ stops }: Preset, low: number, high: number): Uint8Array {
  const out = new Uint8Array(1024);
  for (let i = 0; i < 256; i++) {
    const value = low + ((high - low) * i) / 255;
    out.set(colourAt(stops, value).map((v) => Math.round(Math.min(Math.max(v, 0), 255))), i * 4);
  }
  return out;
}

function colourAt(stops: Preset["stops"], value: number): number[] {
  if (!stops.length || value <= stops[0][0]) return [0, 0, 0, 0];
  const next = stops.findIndex((s) => s[0] >= value);
  const [a, b] = next < 0 ? [stops.at(-1)!, stops.at(-1)!] : [stops[next - 1], stops[next]];
  const t = b[0] > a[0] ? (value - a[0]) / (b[0] - a[0]) : 0;
  const mix = (i: number): number => a[i] + (b[i] - a[i]) * t;
  return [mix(1), mix(2), mix(3), mix(4) * 255];
}
