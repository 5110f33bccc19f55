import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { TEXT_PAIRS } from "../src/tokens";

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), "utf8");
const css = read("../src/tokens.css");
const colours = new Map([...css.matchAll(/--cf-([a-z-]+): (#[0-9a-f]{6});/g)].map(([, name, value]) => [name, value]));

/** Relative luminance of WCAG 2. */
function luminance(hex: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const c = parseInt(hex.slice(at, at + 2), 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
}

test("contrast is computed as WCAG does", () => {
  expect(contrast("#000000", "#ffffff")).toBeCloseTo(21);
  expect(contrast("#777777", "#ffffff")).toBeCloseTo(4.48, 2);
});

test.each(TEXT_PAIRS)("%s on %s can be read", (text, ground) => {
  expect(colours.has(text) && colours.has(ground)).toBe(true);
  expect(contrast(colours.get(text)!, colours.get(ground)!)).toBeGreaterThanOrEqual(4.5);
});

describe("a page that needs a colour outside the tokens is wrong", () => {
  const known = new Set([...css.matchAll(/--cf-[a-z-]+(?=:)/g)].map(([name]) => name));

  test.each([
    "../../viewer/src/ui/styles.css",
    "../../viewer/src/ui/rooms.css",
    "../../../apps/viewer/src/page.css",
    "../../../apps/doctor/src/page.css",
    "../../../apps/consent/src/page.css",
    "../../../apps/docs/src/page.css",
  ])("%s", (path) => {
    const styles = read(path);
    expect(styles.match(/#[0-9a-f]{3,8}\b|rgba?\(|hsla?\(/gi) ?? []).toEqual([]);
    for (const [name] of styles.matchAll(/--cf-[a-z-]+/g)) expect(known).toContain(name);
  });
});
