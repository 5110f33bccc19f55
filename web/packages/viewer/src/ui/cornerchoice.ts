import { button, el } from "./dom";
import { icon } from "./icons";

/** What can stand in the corners and round the picture, in words. */
export const CORNER_PARTS = {
  person: "姓名、性别、年龄",
  patientId: "患者号",
  date: "检查日期",
  study: "检查项目",
  series: "序列",
  probe: "鼠标处数值",
  thickness: "层厚",
  position: "位置",
  number: "图像序号",
  zoom: "缩放",
  window: "窗宽窗位",
  letters: "方向字母",
  scale: "比例尺",
} as const;

export type CornerPart = keyof typeof CORNER_PARTS;

const KEY = "cf.viewer.corners";

/** What a reader does not want to see there; remembered by this browser. */
export class CornerChoice {
  private readonly hidden = new Set<string>(read());

  has(part: CornerPart): boolean {
    return !this.hidden.has(part);
  }

  /** A dialog with a switch for each part. */
  open(host: HTMLElement, onChange: () => void): void {
    const dialog = el("dialog", { class: "cfv-dialog cfv-panel", "aria-label": "四角信息设置", "data-testid": "corner-choice" });
    const head = el("div", { class: "cfv-sheet-head" }, el("h2", {}, "四角信息"));
    head.append(button({ class: "cfv-icon-button", "data-testid": "close-corner-choice", "aria-label": "关闭" }, () => dialog.close(), icon("close")));
    const list = el("div", { class: "cfv-checks" });
    for (const [part, word] of Object.entries(CORNER_PARTS)) {
      const box = el("input", { type: "checkbox", "data-testid": `corner-part-${part}` });
      box.checked = this.has(part as CornerPart);
      box.addEventListener("change", () => {
        if (box.checked) this.hidden.delete(part);
        else this.hidden.add(part);
        write([...this.hidden]);
        onChange();
      });
      list.append(el("label", {}, box, word));
    }
    dialog.append(head, list);
    dialog.addEventListener("close", () => dialog.remove());
    host.append(dialog);
    dialog.showModal();
  }
}

function read(): string[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(kept) ? kept.filter((part): part is string => typeof part === "string" && part in CORNER_PARTS) : [];
  } catch {
    return [];
  }
}

function write(hidden: string[]): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(hidden));
  } catch {
    // a private window: it holds as long as the page
  }
}
