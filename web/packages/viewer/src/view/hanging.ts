import { shapeOf, type FrameView, type SeriesEntry } from "../format/manifest";
import { homeCamera, turned, TURNS, type Turn } from "./camera";
import type { Hung } from "./viewport";

// Hanging protocols: which series, frame and turn stands in which cell when a study is opened.

export type ScreenSize = "phone" | "tablet" | "desk";

/** A grid; `tiles`: consecutive frames of one series; `cells`: descriptions of series, when a reader
 * has chosen them. */
export interface Protocol {
  rows: number;
  cols: number;
  tiles: boolean;
  cells: string[];
}

/** What stands in a cell; `index` null: the middle. */
export interface Cell {
  series: number;
  index: number | null;
  hung: Hung | null;
}

const LOCALIZER = /topo|scout|locali[sz]er|surview|定位|plan/i;
const MAMMOGRAPHY = ["RCC", "LCC", "RMLO", "LMLO"];
const FRONTAL = new Set(["PA", "AP"]);
const grid = (rows: number, cols: number, tiles = false): Protocol => ({ rows, cols, tiles, cells: [] });

/** The modality that a study is hung by: that of most frames. */
export function modalityOf(entries: SeriesEntry[]): string {
  const counts = new Map<string, number>();
  for (const entry of readyOf(entries)) counts.set(entry.modality, (counts.get(entry.modality) ?? 0) + entry.count);
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0] ?? "";
}

/** The house's protocol, no larger than there is something to show. */
export function defaultProtocol(entries: SeriesEntry[], size: ScreenSize): Protocol {
  const modality = modalityOf(entries);
  const ready = readyOf(entries);
  if (modality === "MG") return size === "phone" ? grid(1, 1) : fitted(grid(2, 2), mammograms(entries).length || ready.length);
  if (size === "phone") return grid(1, 1);
  if (modality === "CR" || modality === "DX") return fitted(grid(1, 2), pictures(entries).length);
  if (modality === "US" || modality === "XA" || modality === "RF") return ultrasound(ready, size);
  if (modality === "MR") return fitted(grid(2, 2), ready.length);
  if (modality === "CT" || modality === "PT") return fitted(size === "desk" ? grid(2, 2) : grid(2, 1), worth(ready).length);
  return grid(1, 1);
}

/** Stills of one series as tiles, clips side by side. */
function ultrasound(ready: SeriesEntry[], size: ScreenSize): Protocol {
  const isOneOfStills = ready.length === 1 && ready[0].count > 1 && !ready[0].frame_time_ms;
  if (isOneOfStills) return fitted(size === "desk" ? grid(3, 3, true) : grid(2, 2, true), ready[0].count);
  return fitted(grid(2, 2), ready.length);
}

function fitted(wanted: Protocol, count: number): Protocol {
  if (count <= 1) return grid(1, 1);
  if (count === 2 && wanted.rows * wanted.cols > 2) return wanted.tiles ? grid(2, 2, true) : grid(1, 2);
  if (wanted.tiles && count <= 4) return grid(2, 2, true);
  return wanted;
}

/** What goes into the cells of a protocol; tiles need only their series. */
export function cellsOf(protocol: Protocol, entries: SeriesEntry[]): Cell[] {
  const room = protocol.rows * protocol.cols;
  const plain = bestFirst(entries).map((series): Cell => ({ series, index: null, hung: null }));
  if (protocol.tiles) return plain.slice(0, 1);
  if (protocol.cells.length) return byDescription(protocol.cells, entries, plain).slice(0, room);
  const modality = modalityOf(entries);
  if (modality === "MG") {
    const views = mammograms(entries);
    if (views.length) return fill(views, plain, room);
  }
  if (modality === "CR" || modality === "DX") return pictures(entries).slice(0, room);
  return plain.slice(0, room);
}

/** Of the main modality first, and of those localizers last; CT by the number of slices, else as numbered. */
function bestFirst(entries: SeriesEntry[]): number[] {
  const ready = entries.flatMap((entry, i) => (entry.state === "ready" ? [i] : []));
  const modality = modalityOf(entries);
  const isVolume = modality === "CT";
  const rank = (i: number): number => Number(entries[i].modality !== modality) * 2 + Number(!worth([entries[i]]).length);
  return ready.sort((a, b) => rank(a) - rank(b) || (isVolume ? entries[b].count - entries[a].count : 0) || a - b);
}

const worth = (entries: SeriesEntry[]): SeriesEntry[] => entries.filter((entry) => !LOCALIZER.test(entry.description) && entry.count > 3);
const readyOf = (entries: SeriesEntry[]): SeriesEntry[] => entries.filter((entry) => entry.state === "ready");

function byDescription(wanted: string[], entries: SeriesEntry[], plain: Cell[]): Cell[] {
  const free = [...plain];
  const taken = wanted.map((words) => {
    const at = free.findIndex((cell) => words !== "" && entries[cell.series].description === words);
    return at >= 0 ? free.splice(at, 1)[0] : null;
  });
  return taken.map((cell) => cell ?? free.shift() ?? null).filter((cell): cell is Cell => cell !== null);
}

interface Picture extends Cell {
  view: FrameView | null;
}

/** Every frame of the projections, by series. */
function projections(entries: SeriesEntry[], modalities: string[]): Picture[] {
  return entries.flatMap((entry, series) =>
    entry.state === "ready" && modalities.includes(entry.modality)
      ? Array.from({ length: entry.count }, (_, index): Picture => {
          const view = entry.frames?.view?.[index] ?? null;
          return { series, index, hung: view && hungOf(view, entry, index), view };
        })
      : [],
  );
}

/** Right before left, CC above MLO: the cells of a 2 x 2, back to back. */
function mammograms(entries: SeriesEntry[]): Cell[] {
  const found = projections(entries, ["MG"]);
  const named = (name: string): Picture | undefined => found.find(({ view }) => view && view.side + view.position === name);
  const chosen = MAMMOGRAPHY.map(named);
  if (chosen.filter(Boolean).length < 2) return [];
  const rest = found.filter((picture) => !chosen.includes(picture));
  return chosen.flatMap((picture) => picture ?? rest.shift() ?? []);
}

/** Frontal first, then lateral, then the rest. */
function pictures(entries: SeriesEntry[]): Cell[] {
  const rank = ({ view }: Picture): number => (view && FRONTAL.has(view.position) ? 0 : view?.position ? 1 : 2);
  return projections(entries, ["CR", "DX"])
    .map((picture, i) => ({ picture, i }))
    .sort((a, b) => rank(a.picture) - rank(b.picture) || a.i - b.i)
    .map(({ picture }) => picture);
}

function fill(cells: Cell[], plain: Cell[], room: number): Cell[] {
  const used = new Set(cells.map((cell) => cell.series));
  return [...cells, ...plain.filter((cell) => !used.has(cell.series))].slice(0, room);
}

const OPPOSITE: Record<string, string> = { L: "R", R: "L", A: "P", P: "A", H: "F", F: "H" };
const EIGHT: Turn[] = [[], ["right"], ["right", "right"], ["left"], ["flipHorizontal"], ["flipHorizontal", "right"], ["flipVertical"], ["flipHorizontal", "left"]].map((names) =>
  (names as (keyof typeof TURNS)[]).reduce((camera, name) => turned(camera, TURNS[name]), homeCamera()).turn,
); // prettier-ignore

/** How a mammogram hangs: right breasts with the chest wall at the right edge, left ones mirrored, so
 * that the two stand back to back; lateral or head up. Null where the file does not say how it lies. */
export function hungOf(view: FrameView, entry: SeriesEntry, index: number): Hung | null {
  if (shapeOf(entry, index).orientation || !view.right || !view.down) return null;
  const wanted = wantedSides(view);
  if (!wanted) return null;
  const best = EIGHT.map((turn) => ({ turn, fit: fitOf(turn, view, wanted) })).reduce((a, b) => (b.fit > a.fit ? b : a));
  return best.fit === 2 ? { turn: best.turn, side: view.side === "R" ? 1 : -1 } : null;
}

function wantedSides({ position, side }: FrameView): { right: string; down: string } | null {
  if (side !== "R" && side !== "L") return null;
  const right = side === "R" ? "P" : "A";
  if (position === "CC") return { right, down: side === "R" ? "L" : "R" };
  if (position === "MLO" || position === "ML" || position === "LM") return { right, down: "F" };
  return null;
}

function fitOf(turn: Turn, view: FrameView, wanted: { right: string; down: string }): number {
  const sides = turnedSides(turn, view.right, view.down);
  return Number(sides.right.includes(wanted.right)) + Number(sides.down.includes(wanted.down));
}

/** What lies at the screen's right and bottom when the image is turned (Patient Orientation). */
export function turnedSides(turn: Turn, right: string, down: string): { right: string; down: string } {
  // a direction on the screen is the transposed turn of it in the image
  const along = (x: number, y: number): string => (x > 0 ? right : x < 0 ? opposite(right) : y > 0 ? down : opposite(down));
  return { right: along(turn.a, turn.b), down: along(turn.c, turn.d) };
}

export const opposite = (letters: string): string => [...letters].map((letter) => OPPOSITE[letter] ?? letter).join("");
