import { expect, test } from "vitest";
import { homeCamera, turned, TURNS } from "../../src/view/camera";
import { directionLetters, edgeLetters, viewLetters } from "../../src/view/orientation";

const AXIAL = [1, 0, 0, 0, 1, 0];
const upright = homeCamera().turn;
const after = (...turns: (keyof typeof TURNS)[]) => turns.reduce((c, name) => turned(c, TURNS[name]), homeCamera()).turn;

test("an axial slice is seen from the feet: the patient's right is at the left", () => {
  expect(edgeLetters(AXIAL, upright)).toEqual({ left: "R", right: "L", top: "A", bottom: "P" });
});

test("a coronal and a sagittal slice stand on their feet", () => {
  expect(edgeLetters([1, 0, 0, 0, 0, -1], upright)).toEqual({ left: "R", right: "L", top: "H", bottom: "F" });
  expect(edgeLetters([0, 1, 0, 0, 0, -1], upright)).toEqual({ left: "A", right: "P", top: "H", bottom: "F" });
});

test("the letters go with every flip and turn", () => {
  expect(edgeLetters(AXIAL, after("flipHorizontal"))).toEqual({ left: "L", right: "R", top: "A", bottom: "P" });
  expect(edgeLetters(AXIAL, after("flipVertical"))).toEqual({ left: "R", right: "L", top: "P", bottom: "A" });
  expect(edgeLetters(AXIAL, after("right"))).toEqual({ left: "P", right: "A", top: "R", bottom: "L" });
  expect(edgeLetters(AXIAL, after("left"))).toEqual({ left: "A", right: "P", top: "L", bottom: "R" });
  expect(edgeLetters(AXIAL, after("right", "flipHorizontal"))).toEqual({ left: "A", right: "P", top: "R", bottom: "L" });
});

test("an oblique direction has two letters, the larger first", () => {
  expect(directionLetters(0.9, 0.4, 0.1)).toBe("LP");
  expect(directionLetters(-0.3, 0, 0.95)).toBe("HR");
});

test("no letters where the file does not say", () => {
  expect(edgeLetters(null, upright)).toBeNull();
  expect(edgeLetters([1, 0, 0], upright)).toBeNull();
});

test("a projection has its letters from Patient Orientation, turned with it", () => {
  const view = { position: "MLO", side: "R", right: "P", down: "FL" };
  expect(viewLetters(view, upright)).toEqual({ left: "A", right: "P", top: "HR", bottom: "FL" });
  expect(viewLetters(view, after("flipHorizontal"))).toEqual({ left: "P", right: "A", top: "HR", bottom: "FL" });
  expect(viewLetters(view, after("right"))).toEqual({ left: "FL", right: "HR", top: "A", bottom: "P" });
  expect(viewLetters({ ...view, down: "" }, upright)).toBeNull();
  expect(viewLetters(null, upright)).toBeNull();
});
