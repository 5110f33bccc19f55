// One set of line icons on a 24 x 24 grid.
const SHAPES = {
  back: "M15 5l-7 7 7 7",
  scroll: "M12 4v16M8 8l4-4 4 4M8 16l4 4 4-4",
  window: "M12 3a9 9 0 1 0 0 18zM12 3a9 9 0 0 1 0 18",
  pan: "M12 3v18M3 12h18M9 6l3-3 3 3M9 18l3 3 3-3M6 9l-3 3 3 3M18 9l3 3-3 3",
  zoom: "M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13zM15.5 15.5L21 21M8 10.5h5M10.5 8v5",
  magnifier: "M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13zM15.5 15.5L21 21",
  locate: "M12 2v6M12 16v6M2 12h6M16 12h6M12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6z",
  measure: "M3 16L16 3l5 5L8 21zM7 12l2 2M10 9l3 3M13 6l2 2",
  length: "M4 20L20 4M4 15v5h5M15 4h5v5",
  angle: "M20 19H4L15 5M9 13a6 6 0 0 1 3 6",
  cobb: "M4 6l14 3M4 20l14-5",
  bidirectional: "M4 20L20 4M8 8l8 8",
  rectangle: "M4 6h16v12H4z",
  ellipse: "M12 6c5 0 9 2.7 9 6s-4 6-9 6-9-2.7-9-6 4-6 9-6z",
  circle: "M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16zM12 12h8",
  polygon: "M12 3l9 7-4 10H6L3 10z",
  freehand: "M6 17c-4-5 1-13 8-12s8 9 3 12-8-1-5-4",
  region: "M4 4h3M10 4h4M17 4h3v3M20 10v4M20 17v3h-3M14 20h-4M7 20H4v-3M4 14v-4M4 7V4M12 8a4 4 0 1 0 0 8z",
  probe: "M12 3v5M12 16v5M3 12h5M16 12h5M12 12h.01",
  arrow: "M5 19L19 5M11 5h8v8",
  text: "M5 6V4h14v2M12 4v16M9 20h6",
  calibrate: "M3 9h18v6H3zM7 9v3M11 9v3M15 9v3M19 9v3",
  more: "M5 12h.01M12 12h.01M19 12h.01",
  reset: "M4 12a8 8 0 1 0 2.5-5.8M4 4v4.5h4.5",
  undo: "M8 5L4 9l4 4M4 9h10a6 6 0 0 1 0 12h-3",
  redo: "M16 5l4 4-4 4M20 9H10a6 6 0 0 0 0 12h3",
  trash: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13",
  play: "M7 5l12 7-12 7z",
  pause: "M8 5v14M16 5v14",
  turnRight: "M20 12a8 8 0 1 1-2.5-5.8M20 4v4.5h-4.5",
  turnLeft: "M4 12a8 8 0 1 0 2.5-5.8M4 4v4.5h4.5",
  flipHorizontal: "M12 3v18M9 7l-6 10h6zM15 7l6 10h-6z",
  flipVertical: "M3 12h18M7 9l10-6v6zM7 15l10 6v-6z",
  invert: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 3v18M14 6h4M14 10h6.5M14 14h6.5M14 18h4",
  sharpen: "M12 4l8 16H4z",
  fit: "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5",
  oneToOne: "M6 8l2-1v10M16 8l2-1v10M12 10v.01M12 14v.01",
  palette: "M12 3a9 9 0 1 0 0 18c2 0 1.5-2.5 1-3.5-.8-1.7.5-2.5 2-2.5h3a3 3 0 0 0 3-3c0-5-4-9-9-9zM8 10h.01M12 7h.01M16 10h.01",
  layout: "M4 4h16v16H4zM12 4v16M4 12h16",
  link: "M10 14a4 4 0 0 0 6 0l3-3a4 4 0 0 0-6-6l-1 1M14 10a4 4 0 0 0-6 0l-3 3a4 4 0 0 0 6 6l1-1",
  lines: "M4 7h16M4 12h16M4 17h16",
  planes: "M4 8l8-4 8 4-8 4zM4 12l8 4 8-4M4 16l8 4 8-4",
  cube: "M12 3l8 4.5v9L12 21l-8-4.5v-9zM12 12l8-4.5M12 12v9M12 12L4 7.5",
  info: "M12 11v6M12 7h.01M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z",
  eye: "M2 12c3-5 6.5-7 10-7s7 2 10 7c-3 5-6.5 7-10 7s-7-2-10-7zM12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6z",
  capture: "M4 8h4l2-3h4l2 3h4v11H4zM12 10a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7z",
  fullScreen: "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5",
  help: "M9 9a3 3 0 1 1 4 3c-1 .5-1 1-1 2M12 17h.01M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z",
  keyboard: "M3 6h18v12H3zM7 10h.01M11 10h.01M15 10h.01M17 10h.01M8 14h8",
  list: "M9 6h11M9 12h11M9 18h11M4 6h.01M4 12h.01M4 18h.01",
  key: "M12 3.5l2.6 5.6 6 .7-4.5 4.1 1.2 6-5.3-3-5.3 3 1.2-6L3.4 9.8l6-.7z",
  compare: "M4 5h7v14H4zM13 5h7v14h-7M16 9v6",
  windows: "M3 5h12v10H3zM9 15v4h12V9h-6",
  download: "M12 4v11M7 11l5 5 5-5M5 20h14",
  close: "M6 6l12 12M18 6L6 18",
  check: "M5 12l5 5 9-10",
  slower: "M11 6l-7 6 7 6zM20 6l-7 6 7 6z",
  faster: "M13 6l7 6-7 6zM4 6l7 6-7 6z",
} as const;

export type IconName = keyof typeof SHAPES;
/** A name of the set, or a path of its own. */
export type IconShape = IconName | { path: string };

/** A frame divided into rows and columns. */
export function gridIcon(rows: number, cols: number): IconShape {
  const at = (n: number, of: number): string => (4 + (16 * n) / of).toFixed(1);
  let path = "M4 4h16v16H4z";
  for (let n = 1; n < cols; n++) path += `M${at(n, cols)} 4v16`;
  for (let n = 1; n < rows; n++) path += `M4 ${at(n, rows)}h16`;
  return { path };
}

export function icon(shape: IconShape): SVGSVGElement {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", "cfv-icon");
  const path = document.createElementNS(space, "path");
  path.setAttribute("d", typeof shape === "string" ? SHAPES[shape] : shape.path);
  svg.append(path);
  return svg;
}
