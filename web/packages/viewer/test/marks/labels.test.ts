import { expect, test } from "vitest";
import { placeLabel, type Box } from "../../src/marks/labels";
import { screenPoint as at } from "../../src/view/points";

const picture = { width: 600, height: 400 };
const size = { width: 120, height: 68, line: 17 };
const meets = (a: Box, b: Box): boolean => a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
const place = (x: number, y: number, taken: Box[]): Box => placeLabel([at(x - 40, y - 20), at(x, y)], at(x, y), size, picture, taken);

test("right of the mark while there is room", () => {
  expect(place(200, 100, [])).toMatchObject({ x: 210, y: 77 });
});

test("readings of marks that lie close together do not hide each other", () => {
  const taken: Box[] = [];
  for (const [x, y] of [[300, 200], [310, 215], [295, 190]]) place(x, y, taken); // prettier-ignore
  expect(taken).toHaveLength(3);
  expect(taken.some((a, i) => taken.slice(i + 1).some((b) => meets(a, b)))).toBe(false);
});

test("always inside the picture, the whole of it", () => {
  for (const [x, y] of [[599, 399], [2, 2], [599, 2], [2, 399]]) {
    const box = place(x, y, []);
    expect([box.x >= 0, box.y >= 0, box.x + box.width <= 600, box.y + box.height <= 400]).toEqual([true, true, true, true]);
  }
});
