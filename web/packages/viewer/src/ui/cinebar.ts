import { nextSpeed, type Cine } from "../view/cine";
import { button, el } from "./dom";
import { icon } from "./icons";

/** Speed, direction and stop while a series plays. */
export class CineBar {
  readonly root = el("div", { class: "cfv-float cfv-panel", role: "group", "aria-label": "播放", "data-testid": "cine-bar", hidden: true });
  private readonly speed = el("output", { "data-testid": "cine-speed" });
  private readonly bounce: HTMLButtonElement;

  constructor(
    private readonly cine: Cine,
    onStop: () => void,
  ) {
    const small = (id: string, word: string, shape: Parameters<typeof icon>[0], run: () => void): HTMLButtonElement =>
      button({ class: "cfv-icon-button", "data-testid": id, "aria-label": word, title: word }, run, icon(shape));
    const faster = (step: 1 | -1) => (): void => {
      cine.settings = { ...cine.settings, framesPerSecond: nextSpeed(cine.settings.framesPerSecond, step) };
      this.refresh();
    };
    this.bounce = button({ class: "cfv-choice", "data-testid": "cine-bounce" }, () => {
      cine.settings = { ...cine.settings, isBouncing: !cine.settings.isBouncing };
      this.refresh();
    }, "往返");
    this.root.append(
      small("cine-stop", "停止播放", "pause", onStop),
      small("cine-slower", "慢一点", "slower", faster(-1)),
      this.speed,
      small("cine-faster", "快一点", "faster", faster(1)),
      this.bounce,
    );
  }

  refresh(): void {
    this.root.hidden = !this.cine.isPlaying;
    this.speed.textContent = `${this.cine.settings.framesPerSecond} 幅/秒`;
    this.bounce.setAttribute("aria-pressed", String(this.cine.settings.isBouncing));
  }
}
