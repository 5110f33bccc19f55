import type { Size } from "./commands";

/** Tell the size of the screen now and whenever it changes; returns what ends that. */
export function watchSize(apply: (size: Size) => void): () => void {
  const desk = matchMedia("(min-width: 1000px) and (min-height: 560px)");
  const tablet = matchMedia("(min-width: 700px) and (min-height: 560px)");
  const tell = (): void => apply(desk.matches ? "desk" : tablet.matches ? "tablet" : "phone");
  for (const query of [desk, tablet]) query.addEventListener("change", tell);
  tell();
  return () => {
    for (const query of [desk, tablet]) query.removeEventListener("change", tell);
  };
}
