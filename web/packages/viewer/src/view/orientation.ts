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

/** The letters at the image's edges from Image Orientation (Patient); null where it is unknown. */
export function edgeLetters(orientation: number[] | null): EdgeLetters | null {
  if (!orientation || orientation.length !== 6) return null;
  const [rx, ry, rz, cx, cy, cz] = orientation;
  return {
    right: directionLetters(rx, ry, rz),
    left: directionLetters(-rx, -ry, -rz),
    bottom: directionLetters(cx, cy, cz),
    top: directionLetters(-cx, -cy, -cz),
  };
}
