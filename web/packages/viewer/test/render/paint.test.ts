import { describe, expect, test } from "vitest";
import type { Frame } from "../../src/format/frame";
import { plainLook, type Look } from "../../src/render/device";
import { greyPixels, paint, sharpened } from "../../src/render/paint";
import { PALETTE_NAMES, paletteOf } from "../../src/render/palettes";

const frame: Frame = { rows: 1, cols: 4, samples: 1, bitsStored: 16, signed: true, pixels: new Int16Array([-1000, 0, 40, 3000]) };
const picture = (look: Partial<Look> = {}) => ({ key: "k", frame, slope: 1, intercept: 0, window: { name: "", center: 40, width: 400 }, look: { ...plainLook(), ...look } });
const words = (look: Partial<Look> = {}): string[] => {
  const out = new Uint32Array(4);
  paint(picture(look), out);
  return [...out].map((w) => w.toString(16));
};

test("grey as the server's own renderer makes it, inverted on wish", () => {
  // floor(255 y + 0.5) with y = (x - 39.5) / 399 + 0.5
  expect([...greyPixels(picture())]).toEqual([0, 102, 128, 255]);
  expect([...greyPixels(picture({ isInverted: true }))]).toEqual([255, 153, 127, 0]);
});

test("words are opaque grey, or the palette's colours", () => {
  expect(words()).toEqual(["ff000000", "ff666666", "ff808080", "ffffffff"]);
  expect(words({ palette: paletteOf("HotMetal") })[0]).toBe("ff000000");
  expect(words({ palette: paletteOf("HotMetal") })[3]).toBe("ff00ffff"); // yellow, as ABGR
});

test("colour ignores the window and can be inverted", () => {
  const rgb: Frame = { rows: 1, cols: 1, samples: 3, bitsStored: 8, signed: false, pixels: new Uint8Array([1, 2, 250]) };
  const out = new Uint32Array(1);
  paint({ ...picture(), frame: rgb }, out);
  expect(out[0].toString(16)).toBe("fffa0201");
  paint({ ...picture({ isInverted: true }), frame: rgb }, out);
  expect(out[0].toString(16)).toBe("ff05fdfe");
});

test("sharpening leaves even ground alone and steepens an edge", () => {
  expect([...sharpened(new Uint8Array([9, 9, 9, 9]), 2, 2, 1)]).toEqual([9, 9, 9, 9]);
  expect([...sharpened(new Uint8Array([100, 100, 200, 200]), 1, 4, 1)]).toEqual([100, 75, 225, 200]);
});

describe("palettes", () => {
  const at = (name: string, x: number): number[] => [...paletteOf(name).rgb.subarray(Math.round(x * 255) * 3, Math.round(x * 255) * 3 + 3)];

  test("all the names a hospital asks for", () => {
    expect(PALETTE_NAMES).toEqual(
      "GRAY BLUE-YELLOW,LIGHT BLUE1,LIGHTBLUE2,SEPIA1,SEPIA2,WINERED,YELLOW,Apricot,Carnation,Ether,HotMetal,Lava Waves,Purple Haze,Rainbow".replace("GRAY ", "GRAY,").split(","),
    );
    for (const name of PALETTE_NAMES) expect(paletteOf(name).rgb).toHaveLength(768);
  });

  test("GRAY changes nothing", () => {
    expect([...paletteOf("GRAY").rgb]).toEqual(Array.from({ length: 768 }, (_, i) => Math.floor(i / 3)));
  });

  test.each([
    ["Rainbow", 0, [127, 0, 255]],
    ["Rainbow", 1, [255, 0, 0]],
    ["Rainbow", 1 / 3, [0, 255, 255]],
    ["HotMetal", 0.5, [224, 0, 0]],
    ["HotMetal", 1, [255, 255, 0]],
    ["Lava Waves", 0, [130, 97, 128]],
    ["Carnation", 0, [255, 0, 4]],
    ["Carnation", 0.5, [128, 250, 255]],
    ["Purple Haze", 0.25, [190, 0, 236]],
    ["Ether", 0.125, [36, 16, 65]],
    ["Apricot", 15 / 32, [128, 62, 176]],
    ["Apricot", 1, [255, 102, 251]],
  ])("%s at %f", (name, x, rgb) => {
    at(name, x).forEach((value, i) => expect(Math.abs(value - rgb[i])).toBeLessThanOrEqual(6));
  });
});
