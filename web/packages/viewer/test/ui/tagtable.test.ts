import { expect, test } from "vitest";
import { filtered, isComplete, rowsOf, type TagPack } from "../../src/ui/tagtable";

const pack: TagPack = {
  names: { "00100010": "PatientName", "00180050": "SliceThickness", "00081140": "ReferencedImageSequence", "00081155": "ReferencedSOPInstanceUID", "7FE00010": "PixelData" },
  common: {
    "00180050": { vr: "DS", Value: [5, 2.5] },
    "00100010": { vr: "PN", Value: [{ Alphabetic: "Li^Xiuying", Ideographic: "李^秀英" }] },
    "00091001": { vr: "UN", InlineBinary: btoa("\x00\x01\xff") },
    "00091002": { vr: "OB", InlineBinary: btoa("a".repeat(40)) },
    "7FE00010": { vr: "OW", Size: 524288 },
    "00081140": { vr: "SQ", Value: [{ "00081155": { vr: "UI", Value: ["1.2.3"] } }], More: 4 },
    "00081030": { vr: "LO", Value: [null] },
  },
  instances: { "1.2.9": { "00180050": { vr: "DS", Value: [1] }, "00091001": null } },
};
const text = (rows: ReturnType<typeof rowsOf>): string[] => rows.map((row) => `${row.tag} ${row.name}: ${row.value}`);

test("an instance's rows are what is common with its own laid over it", () => {
  const rows = rowsOf(pack, "1.2.9");
  expect(text(rows)).toContain("(0018,0050) SliceThickness: 1");
  expect(text(rows).some((row) => row.startsWith("(0009,1001)"))).toBe(false);
  expect(isComplete(pack, "1.2.9")).toBe(true);
  expect(isComplete(pack, "1.2.8")).toBe(false);
});

test("every kind of value is text", () => {
  expect(text(rowsOf(pack, "1.2.8"))).toEqual([
    "(0008,1030) : ",
    "(0008,1140) ReferencedImageSequence: 5 项(显示前 1 项)",
    " 第 1 项: ",
    "(0008,1155) ReferencedSOPInstanceUID: 1.2.3",
    "(0009,1001) 私有标签: 00 01 FF",
    `(0009,1002) 私有标签: ${Array(32).fill("61").join(" ")} …(40 字节)`,
    "(0010,0010) PatientName: Li^Xiuying = 李^秀英",
    "(0018,0050) SliceThickness: 5 \\ 2.5",
    "(7FE0,0010) PixelData: (524,288 字节)",
  ]);
});

test("a search finds by number, name and value, and keeps the sequences around a hit", () => {
  const rows = rowsOf(pack, "1.2.8");
  expect(text(filtered(rows, "00180050"))).toEqual(["(0018,0050) SliceThickness: 5 \\ 2.5"]);
  expect(text(filtered(rows, "patientname 秀英"))).toHaveLength(1);
  expect(text(filtered(rows, "1.2.3"))).toEqual(["(0008,1140) ReferencedImageSequence: 5 项(显示前 1 项)", " 第 1 项: ", "(0008,1155) ReferencedSOPInstanceUID: 1.2.3"]);
  expect(filtered(rows, "")).toHaveLength(rows.length);
  expect(filtered(rows, "没有")).toEqual([]);
});
