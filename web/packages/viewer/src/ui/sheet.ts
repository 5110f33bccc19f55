import { PALETTE_NAMES, paletteOf } from "../render/palettes";
import { isSameWindow, presetsFor } from "../view/windows";
import { commandButton, markState } from "./toolbar";
import { COMMANDS, GROUP_WORDS, sheetCommands, type Command, type Group, type Size } from "./commands";
import { button, el } from "./dom";
import { trapFocus } from "./focus";
import { icon } from "./icons";
import { markList } from "./marklist";
import type { Viewer } from "./viewer";

export type SheetName = "more" | "measure";
const MORE: Group[] = ["tools", "picture", "layout", "volume", "show", "marks"];

/** What does not stand on the tool bar, in groups; slides up on a phone, hangs at the side at the desk. */
export class ToolSheet {
  readonly root = el("div", { class: "cfv-sheet cfv-panel", role: "dialog", hidden: true });
  private open: SheetName | null = null;
  private size: Size = "phone";
  private release: (() => void) | null = null;

  constructor(private readonly viewer: Viewer) {}

  setSize(size: Size): void {
    this.size = size;
    this.close();
  }

  toggle(name: SheetName): void {
    if (this.open === name) return this.close();
    this.open = name;
    this.fill(name);
    this.root.hidden = false;
    this.release?.();
    this.release = trapFocus(this.root, () => this.close());
    this.root.scrollTop = 0;
  }

  private fill(name: SheetName): void {
    this.root.dataset.testid = `${name}-sheet`;
    this.root.setAttribute("aria-label", name === "more" ? "更多" : "测量与标注");
    const head = el("div", { class: "cfv-sheet-head" }, el("h2", {}, name === "more" ? "更多" : "测量与标注"));
    head.append(button({ class: "cfv-icon-button", "data-testid": "close-sheet", "aria-label": "关闭" }, () => this.close(), icon("close")));
    this.root.replaceChildren(head, ...(name === "more" ? this.more() : this.measure()));
  }

  close(): void {
    const { release } = this;
    this.open = null;
    this.release = null;
    release?.();
    this.root.hidden = true;
  }

  /** What it lists has changed. */
  private again(): void {
    if (this.open) this.fill(this.open);
  }

  private more(): HTMLElement[] {
    const groups = MORE.map((group) => this.group(group, sheetCommands(group, this.size)));
    return [...this.presets(), ...groups.flat(), ...this.palettes()];
  }

  private measure(): HTMLElement[] {
    const tools = this.group("measure", COMMANDS.filter((c) => c.group === "measure" && (this.size !== "desk" || !c.bar)), false);
    return [...tools, ...this.group("marks", sheetCommands("marks", this.size)), ...markList(this.viewer, () => this.close(), () => this.again())];
  }

  private group(group: Group, commands: Command[], hasHead = true): HTMLElement[] {
    const offered = commands.filter((command) => !command.isHidden?.(this.viewer));
    if (!offered.length) return [];
    const row = el("div", { class: "cfv-grid", role: "group", "aria-label": GROUP_WORDS[group] });
    for (const command of offered) {
      const made = commandButton(command, this.viewer, "cfv-choice", () => this.close());
      markState(command, made, this.viewer);
      row.append(made);
    }
    return hasHead ? [el("h3", {}, GROUP_WORDS[group]), row] : [row];
  }

  private presets(): HTMLElement[] {
    const { source } = this.viewer.active;
    if (!source || source.entry.samples === 3) return [];
    const now = this.viewer.viewport.currentWindow();
    const row = el("div", { class: "cfv-grid cfv-wide", role: "group", "aria-label": "窗口预设" });
    const presets = presetsFor({ ...source.entry, windows: this.viewer.viewport.shape()!.windows });
    const chosen = presets.find((preset) => isSameWindow(preset, now));
    for (const preset of presets) {
      const words = el("small", {}, `${preset.function === "SIGMOID" ? "S 形 " : ""}宽 ${Math.round(preset.width)} 位 ${Math.round(preset.center)}`);
      const choose = (): void => {
        this.viewer.view((port) => void port.setWindow(preset));
        this.close();
      };
      row.append(button({ class: "cfv-choice", "data-testid": `preset-${preset.name}`, "aria-pressed": String(preset === chosen) }, choose, preset.name, words));
    }
    return [el("h3", {}, "窗口预设"), row, this.exactWindow(now.center, now.width)];
  }

  private exactWindow(center: number, width: number): HTMLElement {
    const field = (id: string, word: string, value: number): HTMLInputElement =>
      el("input", { type: "number", inputmode: "decimal", step: "any", "data-testid": id, "aria-label": word, value: Math.round(value * 10) / 10 });
    const [w, c] = [field("window-width", "窗宽", width), field("window-center", "窗位", center)];
    const form = el("form", { class: "cfv-exact" }, el("label", {}, "窗宽", w), el("label", {}, "窗位", c));
    form.append(el("button", { type: "submit", class: "cfv-choice", "data-testid": "set-window" }, "应用"));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (w.valueAsNumber > 0 && Number.isFinite(c.valueAsNumber)) {
        this.viewer.view((port) => void port.setWindow({ ...port.currentWindow(), name: "", table: undefined, center: c.valueAsNumber, width: w.valueAsNumber }));
        this.close();
      }
    });
    return form;
  }

  private palettes(): HTMLElement[] {
    const { source } = this.viewer.active;
    if (!source || source.entry.samples === 3) return [];
    const now = this.viewer.viewport.look.palette?.name ?? "GRAY";
    const row = el("div", { class: "cfv-grid cfv-wide", role: "group", "aria-label": "伪彩" });
    for (const name of PALETTE_NAMES) {
      const choose = (): void => {
        this.viewer.setLook({ palette: name === "GRAY" ? null : paletteOf(name) });
        this.close();
      };
      row.append(button({ class: "cfv-choice", "data-testid": `palette-${name}`, "aria-pressed": String(name === now) }, choose, swatch(name), name));
    }
    return [el("h3", {}, "伪彩"), row];
  }
}

/** A stripe of the palette's colours. */
function swatch(name: string): HTMLElement {
  const stripe = el("i", { class: "cfv-swatch", "aria-hidden": "true" });
  const { rgb } = paletteOf(name);
  const stops = Array.from({ length: 32 }, (_, i) => `rgb(${[...rgb.subarray(i * 24, i * 24 + 3)].join(",")})`);
  stripe.style.backgroundImage = `linear-gradient(90deg, ${stops.join(",")})`;
  return stripe;
}
