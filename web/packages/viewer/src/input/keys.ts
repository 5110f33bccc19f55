export interface KeyTarget {
  scrollBy(frames: number): void;
  scrollToEnd(isLast: boolean): void;
  nextSeries(step: number): void;
  reset(): void;
  togglePlay(): void;
}

const MOVES: Record<string, number> = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10 };

/** Keys as on workstations; none while something is being typed. */
export function bindKeys(target: KeyTarget): () => void {
  const onKey = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if ((event.target as Element).closest("input:not([type=range]), textarea, select")) return;
    if (event.key in MOVES) target.scrollBy(MOVES[event.key]);
    else if (event.key === "Home" || event.key === "End") target.scrollToEnd(event.key === "End");
    else if (event.key === "ArrowRight" || event.key === "ArrowLeft") target.nextSeries(event.key === "ArrowRight" ? 1 : -1);
    else if (event.key === "r") target.reset();
    else if (event.key === " " && !(event.target as Element).closest("button")) target.togglePlay();
    else return;
    event.preventDefault();
  };
  window.addEventListener("keydown", onKey);
  return () => window.removeEventListener("keydown", onKey);
}
