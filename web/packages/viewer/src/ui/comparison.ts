import type { Manifest } from "../format/manifest";
import { button, el } from "./dom";
import { icon } from "./icons";
import type { Viewer } from "./viewer";

/** Another examination of the same person (docs/api.md, `priors`). */
interface Prior {
  id: string;
  procedure: string;
  modality: string;
  campus: string;
  exam_time: string;
  series_count: number;
}

/** Opens a prior examination beside the present one; panes then scroll together: by position in one
 * frame of reference, else by their share of the way. */
export class Comparison {
  private priors: Promise<Prior[]> | null = null;
  private readonly opened = new Set<string>();

  constructor(
    private readonly viewer: Viewer,
    private readonly exam: string,
    private readonly base: string,
  ) {}

  /** The list, in a dialog of its own. */
  async open(host: HTMLElement): Promise<void> {
    const list = el("ul", { class: "cfv-list", "data-testid": "prior-list" }, el("li", { role: "status" }, "正在查找…"));
    const dialog = el("dialog", { class: "cfv-dialog cfv-panel", "aria-label": "既往检查对比", "data-testid": "priors" });
    dialog.append(el("h2", {}, "与既往检查对比"), list, button({ class: "cfv-choice", "data-testid": "close-priors" }, () => dialog.close(), "关闭"));
    dialog.addEventListener("close", () => dialog.remove());
    host.append(dialog);
    dialog.showModal();
    try {
      const priors = await (this.priors ??= this.fetchPriors());
      const rows = priors.map((prior) => el("li", {}, this.row(prior, dialog)));
      list.replaceChildren(...(rows.length ? rows : [el("li", {}, "没有可以对比的既往检查。")]));
    } catch {
      this.priors = null;
      list.replaceChildren(el("li", {}, "没有查到既往检查,请检查网络后再试。"));
    }
  }

  private row(prior: Prior, dialog: HTMLDialogElement): HTMLElement {
    const words = [prior.modality, prior.procedure].filter(Boolean).join(" · ");
    const facts = [prior.exam_time.slice(0, 10), prior.campus, prior.series_count ? `${prior.series_count} 个序列` : "无影像"].filter(Boolean).join(" · ");
    const choose = (): void => {
      dialog.close();
      void this.show(prior);
    };
    const made = button({ class: "cfv-choice", "data-testid": `compare-${prior.id}` }, choose, icon("layout"), el("span", {}, words), el("small", {}, facts));
    made.disabled = !prior.series_count;
    return made;
  }

  private async show(prior: Prior): Promise<void> {
    const { viewer } = this;
    try {
      if (!this.opened.has(prior.id)) {
        const { studies } = await this.ask<{ studies: Manifest[] }>(`${this.base}/manifest?exam=${encodeURIComponent(prior.id)}`);
        for (const manifest of studies) viewer.addStudy(manifest);
        this.opened.add(prior.id);
        this.studies.set(prior.id, new Set(studies.map((manifest) => manifest.study.id)));
      }
    } catch {
      return viewer.toast("既往检查没有打开,请检查网络后再试。");
    }
    const wanted = this.studies.get(prior.id) ?? new Set<string>();
    const theirs = viewer.library.all.filter((shown) => wanted.has(shown.manifest.study.id) && shown.entry.state === "ready");
    if (!theirs.length) return viewer.toast("这次检查的影像还没有准备好。");
    viewer.layouts.beside(theirs.sort((a, b) => likeness(b) - likeness(a))[0]);

    function likeness(shown: (typeof theirs)[number]): number {
      const { entry } = viewer.shown;
      const near = 1 / (1 + Math.abs(shown.entry.count - entry.count));
      return Number(shown.entry.modality === entry.modality) * 4 + Number(shown.entry.description === entry.description) * 2 + near;
    }
  }

  private readonly studies = new Map<string, Set<string>>();

  private fetchPriors(): Promise<Prior[]> {
    const query = this.exam ? `?exam=${encodeURIComponent(this.exam)}` : "";
    return this.ask<{ exams: Prior[] }>(`${this.base}/priors${query}`).then(({ exams }) => exams);
  }

  private async ask<T>(url: string): Promise<T> {
    const answer = await fetch(url, { credentials: "same-origin", cache: "no-store" });
    if (!answer.ok) throw new Error(String(answer.status));
    return (await answer.json()) as T;
  }
}
