import { button, el } from "./dom";

interface Stop {
  /** data-testid of what the light falls on. */
  at: string;
  title: string;
  words: string;
}

const STOPS: Stop[] = [
  { at: "stage", title: "上下滑动,一层一层看", words: "在影像上用一根手指上下滑,或拖动右边的圆点。" },
  { at: "stage", title: "两指放大", words: "两根手指张开放大、移动;连点两下回到原样。" },
  { at: "tool-window", title: "调窗:看清不同组织", words: "点「调窗」后在影像上拖动,左右变对比,上下变明暗。" },
  { at: "measure", title: "测量", words: "量长度、看数值、写文字;画错了可以撤销。" },
  { at: "more", title: "更多", words: "肺窗、骨窗等预设,旋转、镜像、播放和三维都在这里。再看本导览:更多 → 操作导览。" },
];
const SEEN = "cf.viewer.toured";

/** Whether to offer the tour: once for each browser. */
export function isFirstVisit(): boolean {
  try {
    return localStorage.getItem(SEEN) === null;
  } catch {
    return false;
  }
}

export function rememberVisit(): void {
  try {
    localStorage.setItem(SEEN, "1");
  } catch {
    // a private window: it will be offered again
  }
}

/** Five steps over the viewer itself; Escape or 结束 ends it at any time. */
export function startTour(host: HTMLElement): void {
  rememberVisit();
  let step = 0;
  const light = el("div", { class: "cfv-tour-light" });
  const title = el("h2");
  const words = el("p");
  const count = el("span", { class: "cfv-tour-count", "data-testid": "tour-count" });
  const card = el("div", { class: "cfv-tour-card cfv-panel", "data-testid": "tour-card" }, title, words);
  const dialog = el("dialog", { class: "cfv-tour", "aria-label": "操作导览", "data-testid": "tour-steps" }, light, card);
  const end = (): void => dialog.close();
  dialog.addEventListener("close", () => {
    window.removeEventListener("resize", show);
    dialog.remove();
  });
  const go = (by: number) => (): void => {
    step += by;
    if (step >= STOPS.length) end();
    else show();
  };
  const back = button({ class: "cfv-choice", "data-testid": "tour-back" }, go(-1), "上一步");
  const next = button({ class: "cfv-choice cfv-primary", "data-testid": "tour-next" }, go(1), "下一步");
  card.append(el("div", { class: "cfv-tour-row" }, button({ class: "cfv-choice", "data-testid": "tour-end" }, end, "结束"), count, back, next));
  function show(): void {
    const stop = STOPS[step];
    const box = host.querySelector(`[data-testid="${stop.at}"]`)?.getBoundingClientRect();
    title.textContent = stop.title;
    words.textContent = stop.words;
    count.textContent = `${step + 1} / ${STOPS.length}`;
    back.disabled = step === 0;
    next.textContent = step === STOPS.length - 1 ? "完成" : "下一步";
    if (!box) return;
    Object.assign(light.style, { left: `${box.left}px`, top: `${box.top}px`, width: `${box.width}px`, height: `${box.height}px` });
    const isLow = box.top > innerHeight / 2;
    Object.assign(card.style, { top: isLow || stop.at === "stage" ? "" : `${box.bottom + 12}px`, bottom: isLow ? `${innerHeight - box.top + 12}px` : stop.at === "stage" ? "96px" : "" });
  }
  window.addEventListener("resize", show);
  host.append(dialog);
  dialog.showModal();
  show();
  next.focus();
}

/** A quiet offer that covers nothing that is needed. */
export function tourOffer(host: HTMLElement): HTMLElement {
  const offer = el("div", { class: "cfv-float cfv-panel", role: "status", "data-testid": "tour-offer" }, el("span", { class: "cfv-float-words" }, "第一次看影像?"));
  const close = (): void => {
    rememberVisit();
    offer.remove();
  };
  offer.append(
    button({ class: "cfv-float-button cfv-accent", "data-testid": "start-tour" }, () => {
      close();
      startTour(host);
    }, "看一下操作导览"),
    button({ class: "cfv-float-button", "data-testid": "dismiss-tour" }, close, "不用"),
  );
  return offer;
}
