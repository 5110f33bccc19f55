export interface KeyTarget {
  scrollBy(frames: number): void;
  scrollToEnd(isLast: boolean): void;
  nextSeries(step: number): void;
  /** A key of a command ("l", "ctrl+z"); whether there is one. */
  command(key: string): boolean;
  /** Escape: give up what was begun. */
  cancel(): void;
  /** Enter: end what can end now. */
  finish(): void;
}

const MOVES: Record<string, number> = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10 };

/** Keys as on workstations; none while something is being typed. */
export function bindKeys(target: KeyTarget): () => void {
  const onKey = (event: KeyboardEvent): void => {
    const from = event.target instanceof Element ? event.target : document.body;
    if (event.altKey || from.closest("input:not([type=range]), textarea, select, dialog[open]")) return;
    if (act(target, event, from)) event.preventDefault();
  };
  window.addEventListener("keydown", onKey);
  return () => window.removeEventListener("keydown", onKey);
}

function act(target: KeyTarget, event: KeyboardEvent, from: Element): boolean {
  const { key } = event;
  if (event.ctrlKey || event.metaKey) return target.command(`ctrl+${key.toLowerCase()}`);
  if (key in MOVES) target.scrollBy(MOVES[key]);
  else if (key === "Home" || key === "End") target.scrollToEnd(key === "End");
  else if (key === "ArrowRight" || key === "ArrowLeft") target.nextSeries(key === "ArrowRight" ? 1 : -1);
  else if (key === "Escape") target.cancel();
  else if (from.closest("button") && (key === " " || key === "Enter")) return false;
  else if (key === "Enter") target.finish();
  else return target.command(key === "Backspace" ? "delete" : key.toLowerCase());
  return true;
}
