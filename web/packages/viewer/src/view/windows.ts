import type { SeriesEntry, WindowValue } from "../format/manifest";

const CT: WindowValue[] = [
  { name: "肺窗", center: -600, width: 1500 },
  { name: "纵隔窗", center: 40, width: 400 },
  { name: "骨窗", center: 500, width: 2000 },
  { name: "软组织窗", center: 50, width: 350 },
  { name: "腹窗", center: 60, width: 300 },
  { name: "脑窗", center: 36, width: 90 },
];

/** The file's own windows first, then the usual ones of its modality. */
export function presetsFor(series: SeriesEntry): WindowValue[] {
  const own = series.windows.map((w, i) => ({ ...w, name: w.name || (i ? `默认 ${i + 1}` : "默认") }));
  if (series.modality !== "CT") return own;
  const names = new Set(own.map((w) => w.name));
  return [...own, ...CT.filter((w) => !names.has(w.name))];
}

/** Grey of a modality value after VOI LINEAR (PS3.3 C.11.2.1.2.1), 0 to 1. */
export function voiLinear(value: number, center: number, width: number): number {
  const w = Math.max(width, 1);
  if (w === 1) return value <= center - 0.5 ? 0 : 1;
  const y = (value - (center - 0.5)) / (w - 1) + 0.5;
  return y < 0 ? 0 : y > 1 ? 1 : y;
}
