import { expect, test } from "vitest";
import type { FrameView, SeriesEntry } from "../../src/format/manifest";
import { cellsOf, defaultProtocol, hungOf, modalityOf, turnedSides, type Protocol } from "../../src/view/hanging";
import { homeCamera } from "../../src/view/camera";
import { seriesEntry } from "../support/entry";

const series = (id: string, count: number, facts: Partial<SeriesEntry> = {}): SeriesEntry => seriesEntry(count, { id, ...facts });
const flat = (modality: string, ...views: (FrameView | null)[]): SeriesEntry => {
  const entry = series(modality + views.length, views.length, { modality, orientation: null });
  return { ...entry, frames: { ...entry.frames!, view: views } };
};
const view = (position: string, side = "", right = "", down = ""): FrameView => ({ position, side, right, down });
const size = ({ rows, cols, tiles }: Protocol): string => `${rows}x${cols}${tiles ? " tiles" : ""}`;
const order = (entries: SeriesEntry[], protocol: Protocol): string[] =>
  cellsOf(protocol, entries).map((cell) => entries[cell.series].id + (cell.index === null ? "" : `/${cell.index}`));

const CT = [series("scout", 2, { description: "定位像" }), series("thick", 40), series("thin", 300), series("coronal", 80), series("off", 90, { state: "waiting" })];

test("CT: one on a phone, four at the desk, the longest series first and localizers last", () => {
  expect(size(defaultProtocol(CT, "phone"))).toBe("1x1");
  expect(size(defaultProtocol(CT, "desk"))).toBe("2x2");
  expect(order(CT, defaultProtocol(CT, "desk"))).toEqual(["thin", "coronal", "thick", "scout"]);
  expect(order(CT, defaultProtocol(CT, "phone"))).toEqual(["thin"]);
  const mixed = [series("dose", 50, { modality: "OT" }), ...CT];
  expect(order(mixed, defaultProtocol(mixed, "desk"))).toEqual(["thin", "coronal", "thick", "scout"]);
  expect(size(defaultProtocol([series("one", 100)], "desk"))).toBe("1x1");
  expect(size(defaultProtocol([series("a", 100), series("b", 100)], "desk"))).toBe("1x2");
});

test("MR keeps the order of acquisition", () => {
  const mr = [series("loc", 3, { modality: "MR" }), series("t1", 20, { modality: "MR" }), series("t2", 25, { modality: "MR" }), series("dwi", 60, { modality: "MR" })];
  expect(modalityOf(mr)).toBe("MR");
  expect(order(mr, defaultProtocol(mr, "desk"))).toEqual(["t1", "t2", "dwi", "loc"]);
});

test("chest films: frontal left of lateral, wherever they are filed", () => {
  const dx = [flat("DX", view("LL")), flat("DX", null, view("PA"))];
  expect(size(defaultProtocol(dx, "desk"))).toBe("1x2");
  expect(order(dx, defaultProtocol(dx, "desk"))).toEqual(["DX2/1", "DX1/0"]);
  expect(size(defaultProtocol([flat("DX", view("PA"))], "desk"))).toBe("1x1");
});

test("ultrasound: stills of one series as tiles, clips side by side", () => {
  const stills = [series("us", 12, { modality: "US" })];
  expect(size(defaultProtocol(stills, "desk"))).toBe("3x3 tiles");
  expect(size(defaultProtocol(stills, "tablet"))).toBe("2x2 tiles");
  expect(size(defaultProtocol([series("us", 3, { modality: "US" })], "desk"))).toBe("2x2 tiles");
  const clips = [1, 2, 3].map((n) => series(`clip${n}`, 30, { modality: "US", frame_time_ms: 40 }));
  expect(size(defaultProtocol(clips, "desk"))).toBe("2x2");
  expect(size(defaultProtocol(clips.slice(0, 1), "desk"))).toBe("1x1");
});

const MG = [
  flat("MG", view("MLO", "L", "A", "FR"), view("CC", "L", "A", "R")),
  flat("MG", view("CC", "R", "P", "L"), view("MLO", "R", "P", "FL"), view("SPOT", "R")),
];

test("mammograms hang right before left, CC above MLO", () => {
  expect(size(defaultProtocol(MG, "desk"))).toBe("2x2");
  expect(order(MG, defaultProtocol(MG, "desk"))).toEqual(["MG3/0", "MG2/1", "MG3/1", "MG2/0"]);
  expect(cellsOf(defaultProtocol(MG, "desk"), MG).map((cell) => cell.hung)).toEqual([1, -1, 1, -1].map((side) => ({ turn: homeCamera().turn, side })));
});

test.each([
  ["R", "CC", "A", "R"], ["R", "CC", "P", "R"], ["R", "CC", "L", "P"], ["L", "CC", "P", "L"], ["L", "CC", "A", "L"],
  ["L", "MLO", "P", "H"], ["L", "MLO", "A", "FR"], ["R", "MLO", "F", "P"], ["R", "MLO", "A", "HL"],
])("a %s%s that lies %s\\%s is turned upright", (side, position, right, down) => {
  const entry = flat("MG", view(position, side, right, down));
  const hung = hungOf(entry.frames!.view![0]!, entry, 0)!;
  const seen = turnedSides(hung.turn, right, down);
  expect(hung.side).toBe(side === "R" ? 1 : -1);
  expect(seen.right).toContain(side === "R" ? "P" : "A"); // the chest walls stand back to back
  expect(seen.down).toContain(position === "CC" ? (side === "R" ? "L" : "R") : "F");
}); // prettier-ignore

test("what the file does not say is not turned", () => {
  for (const unclear of [view("CC", "R"), view("CC", "", "A", "R"), view("XCCL", "R", "A", "R"), view("CC", "R", "Q", "Z")]) {
    const entry = flat("MG", unclear);
    expect(hungOf(unclear, entry, 0)).toBeNull();
  }
});

test("a reader's own protocol finds its series by their words, and fills up with the rest", () => {
  const named = CT.map((entry) => ({ ...entry, description: entry.id }));
  const mine: Protocol = { rows: 1, cols: 3, tiles: false, cells: ["coronal", "gone", "thick"] };
  expect(order(named, mine)).toEqual(["coronal", "thin", "thick"]);
});
