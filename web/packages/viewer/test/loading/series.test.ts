import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { decodeFrame } from "../../src/format/frame";
import type { SeriesEntry } from "../../src/format/manifest";
import { FrameMemory } from "../../src/loading/memory";
import { SeriesLoader } from "../../src/loading/series";
import { noise, writeFrame, writePreview } from "../support/encode";
import { seriesEntry } from "../support/entry";

const asked: string[] = [];
let statuses: Record<string, number> = {};
let held: Map<string, () => void> | null = null; // when set, answers wait until they are let go

beforeEach(() => {
  asked.length = 0;
  statuses = {};
  held = null;
  vi.stubGlobal("fetch", async (url: string) => {
    const part = /series\/s\/(.*)\?r=1$/.exec(url)![1];
    asked.push(part);
    if (held) await new Promise<void>((go) => held!.set(part, go));
    if (statuses[part]) return new Response("", { status: statuses[part] });
    if (part === "preview") return new Response(writePreview([[1, noise(4, 256)]], 2, 2) as BodyInit);
    const index = Number(part.split("/")[1]);
    return new Response(writeFrame(noise(16, 4096, index + 1), { rows: 4, cols: 4 }));
  });
});

afterEach(() => void vi.unstubAllGlobals());

function loaderOf(entry: SeriesEntry, budget = 1 << 20) {
  const events = { onPreview: vi.fn(), onFrame: vi.fn(), onProblem: vi.fn(), onTrouble: vi.fn(), onExpired: vi.fn(), onAllLoaded: vi.fn() };
  const memory = new FrameMemory(budget);
  const tools = { base: "/api", memory, decode: async (body: ArrayBuffer) => decodeFrame(body) };
  const loader = new SeriesLoader(entry, 1, tools, events);
  loader.isShown = true;
  return { loader, events, memory };
}

const settled = (): Promise<void> => new Promise((wake) => setTimeout(wake, 20));

test("the preview first, then frames outward from the reader", async () => {
  const { loader, events } = loaderOf(seriesEntry(5, { preview: { rows: 2, cols: 2, bytes: 1 } }));
  loader.moveTo(2);
  await loader.start();
  await settled();
  expect(asked).toEqual(["preview", "frames/2", "frames/3", "frames/1", "frames/4", "frames/0"]);
  expect(events.onPreview).toHaveBeenCalledWith(1);
  expect(events.onAllLoaded).toHaveBeenCalledTimes(1);
  expect([...loader.frameAt(3)!.pixels]).toEqual(noise(16, 4096, 4));
});

test("a preview that fails does not keep the frames back", async () => {
  statuses.preview = 404;
  const { loader } = loaderOf(seriesEntry(2, { preview: { rows: 2, cols: 2, bytes: 1 } }));
  await loader.start();
  await settled();
  expect(loader.loadedCount).toBe(2);
});

test("six at a time; moving re-orders what has not been asked yet", async () => {
  held = new Map();
  const { loader } = loaderOf(seriesEntry(100));
  loader.moveTo(50);
  void loader.start();
  await settled();
  expect(asked.length).toBe(6);
  loader.moveTo(5);
  held.get("frames/50")!();
  await settled();
  expect(asked[6]).toBe("frames/5");
});

test("a paused series asks for nothing more until it is started again", async () => {
  held = new Map();
  const { loader } = loaderOf(seriesEntry(20));
  void loader.start();
  await settled();
  loader.pause();
  for (const go of held.values()) go();
  await settled();
  expect(asked.length).toBe(6);
  held = null;
  await loader.start();
  await settled();
  expect(loader.loadedCount).toBe(20);
});

test("a damaged frame is known from the manifest or from its answer; the rest goes on", async () => {
  const entry = seriesEntry(4);
  entry.frames!.problem = { "1": "jpeg_truncated" };
  statuses["frames/2"] = 404;
  const { loader, events } = loaderOf(entry);
  await loader.start();
  await settled();
  expect(asked).not.toContain("frames/1");
  expect([...loader.problems]).toEqual([[1, "jpeg_truncated"], [2, "http_404"]]); // prettier-ignore
  expect(events.onProblem).toHaveBeenCalledWith(2, "http_404");
  expect(events.onAllLoaded).toHaveBeenCalled();
  await expect(loader.exact(1)).rejects.toThrow("jpeg_truncated");
});

test("a session that is over is not a damaged frame", async () => {
  statuses["frames/0"] = 401;
  const { loader, events } = loaderOf(seriesEntry(30));
  await loader.start();
  await settled();
  expect(events.onExpired).toHaveBeenCalledTimes(1);
  expect(loader.problems.size).toBe(0);
  expect(asked.length).toBeLessThan(15);
});

test("frames that memory let go come back when the reader does", async () => {
  const { loader, memory } = loaderOf(seriesEntry(60), 20 * 32);
  await loader.start();
  await settled();
  expect(loader.loadedCount).toBe(60);
  expect(memory.used).toBeLessThanOrEqual(memory.budget);
  loader.moveTo(59);
  await settled();
  expect(loader.frameAt(59)).toBeDefined();
  expect(loader.frameAt(0)).toBeUndefined();
  expect((await loader.exact(0)).rows).toBe(4);
});

test("closing ends everything and frees the memory", async () => {
  held = new Map();
  const { loader, events, memory } = loaderOf(seriesEntry(20));
  void loader.start();
  await settled();
  loader.close();
  for (const go of held.values()) go();
  await settled();
  expect(asked.length).toBe(6);
  expect(events.onFrame).not.toHaveBeenCalled();
  expect(memory.used).toBe(0);
});

test("the nearest preview stands in for one that has not come", async () => {
  const { loader } = loaderOf(seriesEntry(5, { preview: { rows: 2, cols: 2, bytes: 1 } }));
  expect(loader.previewNear(4)).toBeNull();
  await loader.start();
  expect(loader.previewNear(4)!.index).toBe(1);
});
