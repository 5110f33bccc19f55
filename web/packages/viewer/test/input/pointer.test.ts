import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { PointerInput, type PointerTarget } from "../../src/input/pointer";

class Box extends EventTarget {
  getBoundingClientRect = () => ({ left: 10, top: 20 });
  setPointerCapture = vi.fn();
  closest = () => null;
}

type Told = { [K in keyof PointerTarget]: ReturnType<typeof vi.fn> };
let box: Box;
let told: Told;
let tool: ReturnType<PointerTarget["tool"]>;

beforeEach(() => {
  vi.useFakeTimers();
  box = new Box();
  tool = "scroll";
  const names = ["grab", "drawDown", "drawMove", "drawUp", "cancelDraw", "scrollBy", "dragWindow", "pan", "zoom", "lookAt", "locate", "hover", "tap", "longPress", "doubleTap"]; // prettier-ignore
  told = Object.fromEntries(names.map((name) => [name, vi.fn()])) as unknown as Told;
  told.tool = vi.fn(() => tool);
  new PointerInput(box as unknown as HTMLElement, told as unknown as PointerTarget);
});

afterEach(() => void vi.useRealTimers());

function send(type: string, x: number, y: number, more: object = {}): void {
  box.dispatchEvent(Object.assign(new Event(type), { pointerId: 1, pointerType: "touch", button: 0, clientX: x, clientY: y, ...more }));
}
const second = { pointerId: 2 };

test("points are counted from the box", () => {
  send("pointerdown", 30, 50);
  send("pointerup", 30, 50);
  expect(told.tap).toHaveBeenCalledWith({ x: 20, y: 30 }, true);
});

test("a second finger gives up what was being drawn, and both pinch", () => {
  tool = "draw";
  send("pointerdown", 100, 100);
  send("pointermove", 120, 100);
  expect(told.drawMove).toHaveBeenCalledTimes(1);
  send("pointerdown", 200, 100, second);
  expect(told.cancelDraw).toHaveBeenCalledTimes(1);
  send("pointermove", 280, 100, second);
  expect(told.zoom.mock.calls[0][0]).toBeCloseTo(160 / 80);
  expect(told.pan).toHaveBeenCalledWith(40, 0);
  send("pointerup", 280, 100, second);
  send("pointermove", 300, 300); // one finger is left over: it must not begin to draw
  send("pointerup", 300, 300);
  expect(told.drawUp).not.toHaveBeenCalled();
  expect(told.drawMove).toHaveBeenCalledTimes(1);
});

test("a finger that rests means what lies under it, and nothing else any more", () => {
  send("pointerdown", 100, 100);
  vi.advanceTimersByTime(499);
  expect(told.longPress).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(told.longPress).toHaveBeenCalledWith({ x: 90, y: 80 });
  send("pointermove", 100, 160);
  send("pointerup", 100, 160);
  expect(told.scrollBy).not.toHaveBeenCalled();
  expect(told.tap).not.toHaveBeenCalled();
  send("pointerdown", 100, 100);
  send("pointermove", 100, 108);
  expect(told.scrollBy).toHaveBeenCalledWith(1);
});

test.each([
  ["moves", () => send("pointermove", 120, 100)],
  ["is lifted", () => send("pointerup", 100, 100)],
  ["is joined by another", () => send("pointerdown", 200, 100, second)],
])("no long press when the finger %s", (_, act) => {
  send("pointerdown", 100, 100);
  act();
  vi.advanceTimersByTime(2000);
  expect(told.longPress).not.toHaveBeenCalled();
});

test("a mouse that rests, and a mark that is being drawn, are no long press", () => {
  send("pointerdown", 100, 100, { pointerType: "mouse" });
  vi.advanceTimersByTime(2000);
  send("pointerup", 100, 100, { pointerType: "mouse" });
  tool = "draw";
  send("pointerdown", 100, 100);
  vi.advanceTimersByTime(2000);
  expect(told.longPress).not.toHaveBeenCalled();
});

test("the buttons of a workstation: right windows, middle pans, whatever the tool is", () => {
  tool = "draw";
  const mouse = { pointerType: "mouse" };
  send("pointerdown", 0, 0, { ...mouse, button: 2 });
  send("pointermove", 7, 5, mouse);
  send("pointerup", 7, 5, { ...mouse, button: 2 });
  expect(told.dragWindow).toHaveBeenCalledWith(7, 5);
  send("pointerdown", 0, 0, { ...mouse, button: 1 });
  send("pointermove", 3, 4, mouse);
  expect(told.pan).toHaveBeenCalledWith(3, 4);
  expect(told.drawDown).not.toHaveBeenCalled();
});

test("the system takes a finger away: the drawing is given up", () => {
  tool = "draw";
  send("pointerdown", 100, 100);
  send("pointercancel", 100, 100);
  expect(told.cancelDraw).toHaveBeenCalledTimes(1);
  expect(told.drawUp).not.toHaveBeenCalled();
});
