import { COMMANDS } from "./commands";
import { button, el } from "./dom";
import type { Viewer } from "./viewer";

const GESTURES: [string, string][] = [
  ["单指上下滑", "翻页(或使用选中的工具)"],
  ["双指", "放大、缩小、移动"],
  ["双击 / 双触", "全部复原"],
  ["点标注", "选中后可拖动、删除"],
  ["鼠标滚轮", "翻页;按住 Ctrl 为缩放"],
  ["鼠标右键拖动", "调窗"],
  ["鼠标中键拖动", "移动"],
  ["↑ ↓ / PageUp PageDown", "前后 1 幅 / 10 幅"],
  ["← →", "上一组 / 下一组序列"],
];

/** Gestures and keys, on one sheet. */
export function openHelp(host: HTMLElement, viewer: Viewer): void {
  const rows = [...GESTURES, ...COMMANDS.filter((c) => c.key && !c.isHidden?.(viewer)).map((c): [string, string] => [keyWord(c.key!), c.word])];
  const table = el("dl", { class: "cfv-help" });
  for (const [key, word] of rows) table.append(el("dt", {}, key), el("dd", {}, word));
  const dialog = el("dialog", { class: "cfv-dialog cfv-panel", "aria-label": "手势与快捷键", "data-testid": "help-sheet" });
  const close = (): void => dialog.close();
  dialog.addEventListener("close", () => dialog.remove());
  dialog.append(el("h2", {}, "手势与快捷键"), table, button({ class: "cfv-choice cfv-primary", "data-testid": "close-help" }, close, "知道了"));
  host.append(dialog);
  dialog.showModal();
}

const keyWord = (key: string): string => (key === " " ? "空格" : key === "delete" ? "Delete" : key.startsWith("ctrl+") ? `Ctrl + ${key.slice(5).toUpperCase()}` : key.toUpperCase());
