import { setTextScale } from "../marks/draw";

const KEY = "cf.large"; // the patient's and the doctors' pages have the same
const READING_SCALE = 1.3;

export function isLargeText(): boolean {
  try {
    return localStorage.getItem(KEY) === "1";
  } catch {
    return false;
  }
}

/** Tools, sheets and readings a third larger; remembered for all pages of this browser. */
export function setLargeText(root: HTMLElement, isLarge: boolean): void {
  root.toggleAttribute("data-large", isLarge);
  setTextScale(isLarge ? READING_SCALE : 1);
  try {
    localStorage.setItem(KEY, isLarge ? "1" : "0");
  } catch {
    // a private window: it holds as long as the page
  }
}
