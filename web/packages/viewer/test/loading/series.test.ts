import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { decodeFrame } from "../../src/format/frame";
import { FormatError } from "../../src/format/errors";
import type { SeriesEntry } from "../../src/format/manifest";
import { FrameMemory } from "../../src/loading/memory";
import { fetchBody } from "../../src/loading/fetcher";
import { WORKER_FAILED } from "../../src/loading/pool";
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
  vi.stubGlobal("fetch", async (url: string, { signal }: { signal: AbortSignal }) => {
    const part = /series\/s\/(.*)\?r=1$/.exec(url)![1];
    asked.push(part);
    if (held) await new Promise<void>((go) => held!.set(part, go));
    if (signal.aborted) throw new DOMException("", "AbortError");
    if (statuses[part]) return new Response("", { status: statuses[part] });
    if (part === "preview") return new Response(writePreview([[1, noise(4, 256)]], 2, 2) as BodyInit);
    const index = Number(part.split("/")[1]);
    return new Response(writeFrame(noise(16, 4096, index + 1), { rows: 4, cols: 4 }));
  });
});

afterEach(() => void vi.unstubAllGlobals());

function loaderOf(entry: SeriesEntry, budget = 1 << 20) {
  const events = { onPreview: vi.fn(), onFrame: vi.fn(), onProblem: vi.fn(), onTrouble: vi.fn(), onExpired: vi.fn(), onRest: vi.fn() };
  const memory = new FrameMemory(budget);
  const tools = { base: "/api", memory, frame: async (url: string, stop: AbortSignal, onTrouble: (isOffline: boolean) => void) => decodeFrame(await fetchBody(url, stop, onTrouble)) };
  const loader = new SeriesLoader(entry, 1, tools, events);
  loader.isShown = true;
  return { loader, events, memory, tools };
}

const settled = (): Promise<void> => new Promise((wake) => setTimeout(wake, 20));

test("the preview first, then frames outward from the reader", async () => {
  const { loader, events } = loaderOf(seriesEntry(5, { preview: { rows: 2, cols: 2, bytes: 1 } }));
  loader.moveTo(2);
  await loader.start();
  await settled();
  expect(asked).toEqual(["preview", "frames/2", "frames/3", "frames/1", "frames/4", "frames/0"]);
  expect(events.onPreview).toHaveBeenCalledWith(1);
  expect(events.onRest).toHaveBeenCalledTimes(1);
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
  expect(events.onRest).toHaveBeenCalled();
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

test("memory decides how far it reaches: nothing is fetched to be thrown away", async () => {
  const { loader, memory, events } = loaderOf(seriesEntry(60), 20 * 32);
  loader.moveTo(30);
  await loader.start();
  await settled();
  expect(loader.loadedCount).toBe(20);
  expect(asked.length).toBeLessThanOrEqual(21);
  expect(loader.isAtRest).toBe(true);
  expect(events.onRest).toHaveBeenCalledTimes(1);
  loader.moveTo(59);
  await settled();
  expect(loader.frameAt(59)).toBeDefined();
  expect(loader.frameAt(30)).toBeUndefined();
  expect(memory.used).toBeLessThanOrEqual(memory.budget);
  expect((await loader.exact(0)).rows).toBe(4);
  loader.moveTo(30);
  await settled();
  expect(loader.frameAt(30)).toBeDefined(); // what was let go comes back
});

test("when all lanes are far away the farthest is given up for the frame in view", async () => {
  held = new Map();
  const { loader } = loaderOf(seriesEntry(100));
  void loader.start();
  await settled();
  loader.moveTo(80);
  held.get("frames/5")!(); // the abort shows when its answer would have come
  await settled();
  expect(asked[6]).toBe("frames/80");
  for (const go of held.values()) go();
  held = null;
  await settled();
  await settled();
  expect(loader.loadedCount).toBe(100); // the one that was given up came later
});

test("a preview that the network drops is asked for again", async () => {
  statuses.preview = 503;
  const { loader, events } = loaderOf(seriesEntry(2, { preview: { rows: 2, cols: 2, bytes: 1 } }));
  void loader.start();
  await settled();
  expect(events.onTrouble).toHaveBeenCalledWith(true);
  statuses = {};
  await vi.waitFor(() => expect(loader.hasPicture).toBe(true), 3000);
  expect(asked.filter((part) => part === "preview").length).toBe(2);
});

test("a hidden series never drives out its own frames, and gives its previews back", async () => {
  const { loader, memory } = loaderOf(seriesEntry(60, { preview: { rows: 2, cols: 2, bytes: 1 } }), 20 * 32 + 4);
  loader.isShown = false;
  await loader.start();
  await settled();
  const before = asked.length;
  expect(before).toBeLessThanOrEqual(21);
  expect(memory.used).toBe(20 * 32 + 4);
  memory.grow(32);
  expect([loader.loadedCount, loader.hasPicture]).toEqual([0, false]);
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

test("a worker that dies does not make a frame a damaged one", async () => {
  const { loader, events, tools } = loaderOf(seriesEntry(3));
  let failed = 0;
  const { frame } = tools;
  tools.frame = (...order) => (failed++ < 2 ? Promise.reject(new FormatError(WORKER_FAILED)) : frame(...order));
  await loader.start();
  await settled();
  expect(loader.loadedCount).toBe(3);
  expect(events.onProblem).not.toHaveBeenCalled();
});

test("the nearest preview stands in for one that has not come", async () => {
  const { loader } = loaderOf(seriesEntry(5, { preview: { rows: 2, cols: 2, bytes: 1 } }));
  expect(loader.previewNear(4)).toBeNull();
  await loader.start();
  expect(loader.previewNear(4)!.index).toBe(1);
});
