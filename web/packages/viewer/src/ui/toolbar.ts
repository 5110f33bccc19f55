import { barCommands, type Command, type Size } from "./commands";
import { button, el } from "./dom";
import { icon } from "./icons";
import type { Viewer } from "./viewer";

/** A button with an icon above a word. */
export function commandButton(command: Command, viewer: Viewer, className: string, after?: () => void): HTMLButtonElement {
  const run = (): void => {
    command.run(viewer);
    after?.();
  };
  const key = command.key === " " ? "空格" : command.key?.toUpperCase();
  const made = button({ class: className, "data-testid": command.id, title: key && `${command.word}(${key})` }, run, icon(command.icon), el("span", {}, command.word));
  return made;
}

/** Write what is on and what cannot be done now into the buttons. */
export function markState(command: Command, made: HTMLButtonElement, viewer: Viewer): void {
  if (command.isOn) made.setAttribute("aria-pressed", String(command.isOn(viewer)));
  if (command.isOff) made.disabled = command.isOff(viewer);
}

/** The row of tools: five on a phone, all that a reader needs at hand at the desk. */
export class Toolbar {
  readonly root = el("div", { class: "cfv-tools cfv-panel", role: "toolbar", "aria-label": "工具" });
  private buttons: [Command, HTMLButtonElement][] = [];

  constructor(private readonly viewer: Viewer) {}

  setSize(size: Size): void {
    const commands = barCommands(size).filter((command) => !command.isHidden?.(this.viewer));
    this.buttons = commands.map((command) => [command, commandButton(command, this.viewer, "cfv-tool")]);
    const nodes: HTMLElement[] = [];
    this.buttons.forEach(([command, made], i) => {
      if (i && command.group !== commands[i - 1].group && size === "desk") nodes.push(el("i", { class: "cfv-gap", "aria-hidden": "true" }));
      nodes.push(made);
    });
    this.root.replaceChildren(...nodes);
    this.refresh();
  }

  refresh(): void {
    for (const [command, made] of this.buttons) markState(command, made, this.viewer);
  }
}
