type Attributes = Record<string, string | number | boolean | undefined>;

/** An element with attributes and children; text is always text, never markup. */
export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    made.setAttribute(name, value === true ? "" : String(value));
  }
  made.append(...children);
  return made;
}

const SHAPES: Record<string, string> = {
  back: "M15 5l-7 7 7 7",
  scroll: "M12 4v16M8 8l4-4 4 4M8 16l4 4 4-4",
  window: "M12 3a9 9 0 1 0 0 18zM12 3a9 9 0 0 1 0 18",
  pan: "M12 3v18M3 12h18M9 6l3-3 3 3M9 18l3 3 3-3M6 9l-3 3 3 3M18 9l3 3-3 3",
  zoom: "M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13zM15.5 15.5L21 21M8 10.5h5M10.5 8v5",
  more: "M5 12h.01M12 12h.01M19 12h.01",
  reset: "M4 12a8 8 0 1 0 2.5-5.8M4 4v4.5h4.5",
  play: "M7 5l12 7-12 7z",
  pause: "M8 5v14M16 5v14",
  info: "M12 11v6M12 7h.01M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z",
};

/** A line icon of the one set. */
export function icon(name: keyof typeof SHAPES): SVGSVGElement {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", "cfv-icon");
  const path = document.createElementNS(space, "path");
  path.setAttribute("d", SHAPES[name]);
  svg.append(path);
  return svg;
}

/** A button with an icon above a word. */
export function toolButton(id: string, shape: keyof typeof SHAPES, word: string, onClick: () => void): HTMLButtonElement {
  const button = el("button", { type: "button", class: "cfv-tool", "data-testid": id }, icon(shape), el("span", {}, word));
  button.addEventListener("click", onClick);
  return button;
}
