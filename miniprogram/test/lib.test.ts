import { describe, expect, test } from "vitest";
import { placeOfLink, placeOfOptions } from "../src/lib/links";
import { timeText } from "../src/lib/words";

const BASE = "https://film.example.org";
const TOKEN = "AbCdEfGhIjKlMnOpQrSt-_";

describe("links", () => {
  test.each([
    [`${BASE}/q/${TOKEN}`, "code"],
    [`${BASE}/g/${TOKEN}`, "invitation"],
    [` ${BASE}/s/${TOKEN}?from=wx#top `, "share"],
  ])("%s", (link, kind) => expect(placeOfLink(link, BASE)).toEqual({ kind, token: TOKEN }));

  test.each([
    `http://film.example.org/q/${TOKEN}`, `${BASE}@evil.example/q/${TOKEN}`, `${BASE}/q/${TOKEN}x`, `${BASE}/x/${TOKEN}`,
    `${BASE}/q/../q/${TOKEN}`, `${BASE}:444/q/${TOKEN}`, "", TOKEN,
  ])("not ours: %s", (link) => expect(placeOfLink(link, BASE)).toBeNull());

  test("options of every way in", () => {
    const place = { kind: "code", token: TOKEN };
    expect(placeOfOptions({ q: encodeURIComponent(`${BASE}/q/${TOKEN}`), scancode_time: "1" }, BASE)).toEqual(place);
    expect(placeOfOptions({ scene: encodeURIComponent(TOKEN) }, BASE)).toEqual(place);
    expect(placeOfOptions({ token: TOKEN }, BASE)).toEqual(place);
    for (const options of [{}, { scene: "%" }, { q: "%" }, { token: "short" }, { scene: `${TOKEN}x` }]) expect(placeOfOptions(options, BASE)).toBeNull();
  });
});

describe("times", () => {
  const now = new Date(2026, 10, 25, 9, 0);
  test.each([
    [new Date(2026, 10, 25, 0, 5), "今天 00:05"],
    [new Date(2026, 10, 24, 23, 59), "昨天 23:59"],
    [new Date(2026, 10, 23, 8, 3), "2026-11-23 08:03"],
    [new Date(2026, 10, 26, 8, 3), "明天 08:03"],
    [new Date(2026, 10, 27, 8, 3), "2026-11-27 08:03"],
  ])("%s", (when, text) => expect(timeText(when.toISOString(), now)).toBe(text));
  test("nothing for nothing", () => expect([timeText(null), timeText("x")]).toEqual(["", ""]));
});
