import { button, el } from "./dom";

export interface Question {
  title: string;
  label: string;
  value: string;
  isNumber: boolean;
}

/** Ask for one line; null when the reader gave up. */
export function ask(host: HTMLElement, question: Question): Promise<string | null> {
  return new Promise((answer) => {
    const field = el("input", { type: "text", maxlength: 80, value: question.value, "aria-label": question.label, "data-testid": "ask-text", placeholder: question.label });
    if (question.isNumber) field.inputMode = "decimal";
    const dialog = el("dialog", { class: "cfv-dialog cfv-panel", "aria-label": question.title });
    const form = el("form", {}, el("h2", {}, question.title), field);
    const row = el("div", { class: "cfv-dialog-row" });
    row.append(button({ class: "cfv-choice", "data-testid": "ask-cancel" }, () => done(null), "取消"));
    row.append(el("button", { type: "submit", class: "cfv-choice cfv-primary", "data-testid": "ask-ok" }, "确定"));
    form.append(row);
    dialog.append(form);
    const done = (text: string | null): void => {
      dialog.close();
      dialog.remove();
      answer(text);
    };
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      done(field.value.trim());
    });
    dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      done(null);
    });
    host.append(dialog);
    dialog.showModal();
    field.focus();
    field.select();
  });
}
