import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Frame } from "../../src/format/frame";
import type { SeriesEntry } from "../../src/format/manifest";
import type { FrameSource } from "../../src/loading/source";
import { NullDevice } from "../../src/render/null";
import { Viewport } from "../../src/view/viewport";
import { seriesEntry } from "../support/entry";

let frames: (() => void)[] = [];
const nextFrame = (): void => frames.splice(0).forEach((draw) => draw());

beforeEach(() => {
  frames = [];
  vi.stubGlobal("requestAnimationFrame", (draw: () => void) => frames.push(draw));
  vi.stubGlobal("ResizeObserver", class { observe() {} disconnect() {} }); // prettier-ignore
  vi.stubGlobal("document", {
    createElement: () => ({ style: {}, dataset: {}, setAttribute: vi.fn(), addEventListener: vi.fn(), remove: vi.fn(), width: 0, height: 0 }),
  });
  vi.stubGlobal("devicePixelRatio", 2);
});

afterEach(() => void vi.unstubAllGlobals());

const exact = (): Frame => ({ rows: 4, cols: 4, samples: 1, bitsStored: 16, signed: false, pixels: new Uint16Array(16) });

function sourceOf(facts: Partial<SeriesEntry> = {}) {
  const here = new Map<number, Frame>();
  const preview = { index: 0, rows: 2, cols: 2, samples: 1 as const, pixels: new Uint8Array(4) };
  const source = { entry: seriesEntry(5, facts), problems: new Map([[4, "damaged"]]), frameAt: (i: number) => here.get(i), previewNear: () => preview, moveTo: vi.fn() };
  return { here, preview, source: source satisfies FrameSource };
}

function open(source: FrameSource) {
  const box = { clientWidth: 300, clientHeight: 200, prepend: vi.fn() } as unknown as HTMLElement;
  const states: unknown[] = [];
  const port = new Viewport(box, (canvas) => new NullDevice(canvas), (state) => states.push(state));
  void port.show(source, 2);
  nextFrame();
  return { port, states, drawn: (port.device as NullDevice).drawn };
}

test("many changes in one frame are drawn once, the last one", () => {
  const { source } = sourceOf();
  const { port, drawn } = open(source);
  const before = drawn.length;
  for (const index of [0, 1, 3]) void port.scrollTo(index);
  void port.setWindow({ name: "", center: 7, width: 9 });
  nextFrame();
  expect(drawn.length).toBe(before + 1);
  expect(drawn.at(-1)!.picture!.window.center).toBe(7);
  expect(source.moveTo).toHaveBeenLastCalledWith(3);
  nextFrame();
  expect(drawn.length).toBe(before + 1); // nothing has changed: nothing is drawn
});

test("the preview stands in until the exact frame is here, and says so", () => {
  const { source, here, preview } = sourceOf();
  const { port, drawn, states } = open(source);
  expect(drawn.at(-1)!.picture!.frame.pixels).toBe(preview.pixels);
  expect(drawn.at(-1)).toMatchObject({ rows: 4, cols: 4 }); // placed as the exact one will be
  expect(states.at(-1)).toMatchObject({ isExact: false, hasPicture: true });
  const frame = exact();
  here.set(2, frame);
  void port.redraw();
  nextFrame();
  expect(drawn.at(-1)!.picture!.frame).toBe(frame);
  expect(states.at(-1)).toMatchObject({ isExact: true });
});

test("what comes for another frame, or farther off than what is shown, is no reason to draw", () => {
  const { source, here } = sourceOf();
  const { port } = open(source);
  expect(port.isStale).toBe(false); // the preview is drawn, and no better one is here
  here.set(3, exact());
  expect(port.isStale).toBe(false);
  here.set(2, exact());
  expect(port.isStale).toBe(true);
  void port.redraw();
  nextFrame();
  expect(port.isStale).toBe(false);
  source.problems.set(2, "http_404");
  expect(port.isStale).toBe(true);
});

test("a damaged frame draws nothing and says why", () => {
  const { source } = sourceOf();
  const { port, drawn, states } = open(source);
  void port.scrollTo(4);
  nextFrame();
  expect(drawn.at(-1)!.picture).toBeNull();
  expect(states.at(-1)).toMatchObject({ problem: "damaged", hasPicture: false });
});

test("MONOCHROME1 is shown inverted, and inverting it shows it plain", () => {
  const { source, here } = sourceOf({ photometric: "MONOCHROME1" });
  here.set(2, exact());
  const { port, drawn } = open(source);
  expect(drawn.at(-1)!.picture!.look.isInverted).toBe(true);
  void port.setLook({ isInverted: true });
  nextFrame();
  expect(drawn.at(-1)!.picture!.look.isInverted).toBe(false);
});

test("at one to one a pixel of the image is a pixel of the screen, edge on edge", () => {
  const { source, here } = sourceOf({ rows: 101, cols: 77 });
  here.set(2, exact());
  const { port, drawn } = open(source);
  port.oneToOne();
  nextFrame();
  const { at } = drawn.at(-1)!;
  expect(at.a).toBeCloseTo(1, 9);
  expect([at.e % 1, at.f % 1].map((rest) => Math.abs(Math.round(rest) - rest) < 1e-9)).toEqual([true, true]);
});

test("a frame of another spacing has its own shape", () => {
  const { source, here } = sourceOf();
  source.entry.frames!.overrides["3"] = { spacing: [2, 1] };
  here.set(3, exact());
  const { port } = open(source);
  expect(port.placement()).toMatchObject({ a: 50, d: 50 });
  void port.scrollTo(3);
  expect(port.placement()).toMatchObject({ a: 25, d: 50 });
});
