import type { FrameView } from "../format/manifest";
import type { Turn } from "./camera";
import { opposite, turnedSides } from "./hanging";

/** The letters of a direction in patient space (PS3.3 C.7.6.1.1.1): L/R, P/A, H/F, largest first. */
export function directionLetters(x: number, y: number, z: number): string {
  const parts: [number, string][] = [
    [Math.abs(x), x > 0 ? "L" : "R"],
    [Math.abs(y), y > 0 ? "P" : "A"],
    [Math.abs(z), z > 0 ? "H" : "F"],
  ];
  return parts
    .filter(([size]) => size > 0.2)
    .sort((a, b) => b[0] - a[0])
    .slice(0, 2)
    .map(([, letter]) => letter)
    .join("");
}

export interface EdgeLetters {
  left: string;
  right: string;
  top: string;
  bottom: string;
}

/** The letters at the screen's edges from Image Orientation (Patient) and how the image is turned;
 * null where the orientation is unknown. */
export function edgeLetters(orientation: number[] | null, turn: Turn): EdgeLetters | null {
  if (!orientation || orientation.length !== 6) return null;
  const row = orientation.slice(0, 3);
  const column = orientation.slice(3);
  // a direction on the screen is the transposed turn of it in the image
  const along = (x: number, y: number, sign: number): string => {
    const [dx, dy, dz] = row.map((value, i) => sign * (value * x + column[i] * y));
    return directionLetters(dx, dy, dz);
  };
  return {
    right: along(turn.a, turn.b, 1),
    left: along(turn.a, turn.b, -1),
    bottom: along(turn.c, turn.d, 1),
    top: along(turn.c, turn.d, -1),
  };
}

/** The same of a projection, from Patient Orientation. */
export function viewLetters(view: FrameView | null | undefined, turn: Turn): EdgeLetters | null {
  if (!view?.right || !view.down) return null;
  const { right, down } = turnedSides(turn, view.right, view.down);
  return { right, bottom: down, left: opposite(right), top: opposite(down) };
}
