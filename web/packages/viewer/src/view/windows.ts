import type { GreyTable, SeriesEntry, WindowValue } from "../format/manifest";

const CT: WindowValue[] = [
  { name: "肺窗", center: -600, width: 1500 },
  { name: "纵隔窗", center: 40, width: 400 },
  { name: "骨窗", center: 500, width: 2000 },
  { name: "软组织窗", center: 50, width: 350 },
  { name: "腹窗", center: 60, width: 300 },
  { name: "肝窗", center: 90, width: 150 },
  { name: "脑窗", center: 36, width: 90 },
  { name: "卒中窗", center: 32, width: 40 },
];

/** The file's own windows and tables first, then the usual ones of its modality. */
export function presetsFor(series: Pick<SeriesEntry, "windows" | "modality">): WindowValue[] {
  let curves = 0;
  const own = series.windows.map((w, i) => {
    if (w.table) return { ...w, name: `曲线 ${w.name || ++curves}` };
    return { ...w, name: isTelling(w.name) ? w.name : i ? `默认 ${i + 1}` : "默认" };
  });
  const different = own.filter((w, i) => own.findIndex((other) => isSameWindow(other, w)) === i);
  if (series.modality !== "CT") return different;
  const names = new Set(own.map((w) => w.name));
  return [...different, ...CT.filter((w) => !names.has(w.name))];
}

/** Scanners write WINDOW1, NORMAL and the like, which tell a reader nothing. */
const isTelling = (name: string): boolean => name !== "" && !/^(window|win|normal|default|user)[ _-]?\d*$/i.test(name);

/** Whether both make the same greys. */
export const isSameWindow = (a: WindowValue, b: WindowValue): boolean => a.center === b.center && a.width === b.width && a.function === b.function && tableKey(a) === tableKey(b);

const expanded = new WeakMap<GreyTable, { key: number; greys: Uint8Array }>();
let tablesMade = 0;

function expand(table: GreyTable): { key: number; greys: Uint8Array } {
  let known = expanded.get(table);
  if (!known) {
    const { runs } = table;
    let size = 0;
    for (let i = 1; i < runs.length; i += 2) size += runs[i];
    const greys = new Uint8Array(Math.max(size, 1));
    for (let i = 0, at = 0; i < runs.length; at += runs[i + 1], i += 2) greys.fill(runs[i], at, at + runs[i + 1]);
    expanded.set(table, (known = { key: ++tablesMade, greys }));
  }
  return known;
}

/** Tells one window's table from another's; 0 without. */
export const tableKey = ({ table }: WindowValue): number => (table ? expand(table).key : 0);

/** The grey (0..255) of every value from the table's first on. */
export const tableGreys = (table: GreyTable): Uint8Array => expand(table).greys;

/** The nearest whole number, the even one of two. */
export function rounded(value: number): number {
  const low = Math.floor(value);
  return value - low === 0.5 ? low + (low & 1) : Math.round(value);
}

/** Grey of a modality value through a window or table (PS3.3 C.11.2.1), 0 to 1. */
export function greyOf(value: number, window: WindowValue): number {
  const { center, width, table } = window;
  if (table) {
    const greys = tableGreys(table);
    return greys[Math.min(Math.max(rounded(value) - table.first, 0), greys.length - 1)] / 255;
  }
  if (window.function === "SIGMOID") return 1 / (1 + Math.exp((-4 * (value - center)) / width));
  let y: number;
  if (window.function === "LINEAR_EXACT") y = (value - center) / width + 0.5;
  else if (width <= 1) y = value <= center - 0.5 ? 0 : 1;
  else y = (value - (center - 0.5)) / (width - 1) + 0.5;
  return y < 0 ? 0 : y > 1 ? 1 : y;
}

/** The window that spans `low` to `high` modality values. */
export function windowAround(low: number, high: number): WindowValue {
  return { name: "", center: (low + high) / 2, width: Math.max(high - low, 1) };
}

/** Dragging by dx, dy CSS pixels: right widens, down raises the centre. Steps grow with the width,
 * and dragging back ends where it began. */
export function draggedWindow(from: WindowValue, dx: number, dy: number): WindowValue {
  const width = Math.max(from.width * Math.exp(dx / 300), from.function ? 0.001 : 1);
  return { ...from, name: "", table: undefined, center: from.center + (dy * Math.max(from.width, 10)) / 300, width };
}
