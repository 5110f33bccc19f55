import { describe, expect, test } from "vitest";
import { columnScale, homeCamera, MAX_ZOOM, MIN_ZOOM, place, toImage, toScreen, turned, TURNS, zoomAt, type Camera } from "../../src/view/camera";
import { imagePoint, screenPoint } from "../../src/view/points";

const at = (camera: Camera, aspect = 1) => place(camera, 100, 200, aspect, 400, 400);

describe("placement", () => {
  test("the whole image fits, centred", () => {
    const p = at(homeCamera());
    expect(toScreen(imagePoint(0, 0), p)).toMatchObject({ x: 0, y: 100 });
    expect(toScreen(imagePoint(200, 100), p)).toMatchObject({ x: 400, y: 300 });
    expect(columnScale(p)).toBe(2);
  });

  test("pixels taller than wide are drawn so", () => {
    const p = at(homeCamera(), 2);
    expect(toScreen(imagePoint(200, 100), p)).toMatchObject({ x: 400, y: 400 });
  });

  test("a quarter turn fits the other way round", () => {
    const p = at(turned(homeCamera(), TURNS.right), 2);
    expect(columnScale(p)).toBe(2);
    // the upper left corner goes to the upper right, as a clock turns
    expect(toScreen(imagePoint(0, 0), p)).toMatchObject({ x: 400, y: 0 });
    expect(toScreen(imagePoint(200, 0), p)).toMatchObject({ x: 400, y: 400 });
  });

  test("image and screen points go to and fro under every turn, zoom and pan", () => {
    let camera: Camera = { ...homeCamera(), zoom: 1.7, panX: 13, panY: -40 };
    for (const turn of [TURNS.right, TURNS.flipHorizontal, TURNS.left, TURNS.left, TURNS.flipVertical, TURNS.right]) {
      camera = turned(camera, turn);
      const p = at(camera, 1.3);
      const back = toImage(toScreen(imagePoint(31, 77), p), p);
      expect(back.x).toBeCloseTo(31, 9);
      expect(back.y).toBeCloseTo(77, 9);
    }
  });
});

describe("turning", () => {
  test("four quarter turns, or two flips, are nothing", () => {
    const start: Camera = { ...homeCamera(), panX: 5, panY: 9 };
    expect([1, 2, 3, 4].reduce((c) => turned(c, TURNS.right), start)).toEqual(start);
    expect(turned(turned(start, TURNS.left), TURNS.right)).toEqual(start);
    expect(turned(turned(start, TURNS.flipVertical), TURNS.flipVertical)).toEqual(start);
  });

  test("a flip after a turn flips what is seen, not what is stored", () => {
    const seen = turned(turned(homeCamera(), TURNS.right), TURNS.flipHorizontal);
    const p = at(seen);
    const corner = toScreen(imagePoint(0, 0), p);
    expect(corner.x).toBeLessThan(200); // was upper right before the flip
    expect(corner.y).toBeLessThan(200);
  });
});

describe("zoom", () => {
  test("the point under the finger stays, also when turned", () => {
    const camera = turned({ ...homeCamera(), panX: 20, panY: -8 }, TURNS.left);
    const focus = screenPoint(90, 310);
    const before = toImage(focus, at(camera));
    const after = toImage(focus, at(zoomAt(camera, 2.5, focus, 400, 400)));
    expect(after.x).toBeCloseTo(before.x, 6);
    expect(after.y).toBeCloseTo(before.y, 6);
  });

  test("ends at its limits", () => {
    expect(zoomAt(homeCamera(), 1e6, screenPoint(0, 0), 400, 400).zoom).toBe(MAX_ZOOM);
    expect(zoomAt(homeCamera(), 1e-6, screenPoint(0, 0), 400, 400).zoom).toBe(MIN_ZOOM);
  });
});
