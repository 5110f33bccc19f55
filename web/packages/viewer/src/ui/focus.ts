const CAN_FOCUS = "button:not([disabled]), input:not([disabled]), select, a[href], [tabindex='0']";

/** Tab goes round inside `box` while it is open, Escape leaves it, and afterwards the focus is where
 * it came from. Returns what ends it. */
export function trapFocus(box: HTMLElement, onEscape: () => void): () => void {
  const opener = document.activeElement instanceof HTMLElement ? document.activeElement : null;
  const onKey = (event: KeyboardEvent): void => {
    if (event.key === "Escape") {
      event.stopPropagation();
      return onEscape();
    }
    if (event.key !== "Tab") return;
    const stops = [...box.querySelectorAll<HTMLElement>(CAN_FOCUS)].filter((one) => one.getClientRects().length > 0);
    const at = stops.indexOf(document.activeElement as HTMLElement);
    const next = event.shiftKey ? (at <= 0 ? stops.length - 1 : at - 1) : at === stops.length - 1 ? 0 : at + 1;
    event.preventDefault();
    stops[next]?.focus();
  };
  box.addEventListener("keydown", onKey);
  box.querySelector<HTMLElement>(CAN_FOCUS)?.focus({ preventScroll: true });
  return () => {
    box.removeEventListener("keydown", onKey);
    const hadFocus = box.contains(document.activeElement) || document.activeElement === document.body;
    if (hadFocus && opener?.isConnected) opener.focus({ preventScroll: true });
  };
}
