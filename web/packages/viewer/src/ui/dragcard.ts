import { el } from "./dom";

const HOLD_MS = 350;
const STILL_PX = 8;

/** A card is held, then dragged into a cell with a finger (a mouse uses the browser's own dragging). A
 * short touch still scrolls the strip or picks the card. */
export function dragByFinger(card: HTMLElement, words: string, onDrop: (cell: HTMLElement) => void): void {
  let timer = 0;
  let ghost: HTMLElement | null = null;
  let from = { x: 0, y: 0 };
  let over: Element | null = null;

  const end = (): void => {
    window.clearTimeout(timer);
    ghost?.remove();
    ghost = null;
    over?.classList.remove("cfv-over");
    over = null;
  };
  const begin = (event: PointerEvent): void => {
    ghost = el("div", { class: "cfv-ghost cfv-panel", "aria-hidden": "true", "data-testid": "drag-ghost" }, words);
    card.closest(".cfv")?.append(ghost);
    card.setPointerCapture(event.pointerId);
    move(event);
  };
  const move = (event: PointerEvent): void => {
    if (!ghost) return;
    ghost.style.transform = `translate(${event.clientX}px, ${event.clientY}px)`;
    const cell = document.elementFromPoint(event.clientX, event.clientY)?.closest(".cfv-pane") ?? null;
    if (cell === over) return;
    over?.classList.remove("cfv-over");
    cell?.classList.add("cfv-over");
    over = cell;
  };
  card.addEventListener("pointerdown", (event) => {
    card.draggable = event.pointerType === "mouse";
    if (event.pointerType === "mouse") return;
    end();
    from = { x: event.clientX, y: event.clientY };
    timer = window.setTimeout(() => begin(event), HOLD_MS);
  });
  card.addEventListener("pointermove", (event) => {
    if (ghost) move(event);
    else if (Math.hypot(event.clientX - from.x, event.clientY - from.y) > STILL_PX) window.clearTimeout(timer);
  });
  card.addEventListener("pointerup", () => {
    const cell = over as HTMLElement | null;
    const wasDragged = ghost !== null;
    end();
    if (cell) onDrop(cell);
    if (wasDragged) card.addEventListener("click", (event) => event.stopImmediatePropagation(), { capture: true, once: true });
  });
  card.addEventListener("pointercancel", end);
  card.addEventListener("contextmenu", (event) => event.preventDefault());
  // once it is held the strip must not scroll away under the finger
  card.addEventListener("touchmove", (event) => ghost && event.cancelable && event.preventDefault(), { passive: false });
}
