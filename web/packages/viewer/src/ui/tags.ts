import { identityOf } from "../format/manifest";
import { button, el } from "./dom";
import { icon } from "./icons";
import { filtered, isComplete, rowsOf, type TagPack, type TagRow } from "./tagtable";
import type { Viewer } from "./viewer";

/** Every tag of the instance in the active pane, with a search box, and its file as it was sent. */
export class TagBrowser {
  private readonly packs = new Map<string, Promise<TagPack>>();

  constructor(
    private readonly viewer: Viewer,
    private readonly base: string,
  ) {}

  async open(host: HTMLElement): Promise<void> {
    const { shown, viewport } = this.viewer;
    if (!shown?.entry.frames) return this.viewer.toast("这组影像还没有标签可看。");
    const { uid } = identityOf(shown.entry, viewport.index);
    const search = el("input", { type: "search", placeholder: "标签号、名称或内容", "aria-label": "搜索标签", "data-testid": "tag-search", autocomplete: "off" });
    const table = el("table", { class: "cfv-tags", "data-testid": "tag-table" });
    const note = el("p", { class: "cfv-tag-note", role: "status" }, "正在读取标签…");
    const file = el("a", { class: "cfv-choice", "data-testid": "download-original", href: this.fileUrl(shown.entry.id, uid), download: "" }, icon("download"), "下载原始文件");
    const dialog = el("dialog", { class: "cfv-dialog cfv-panel cfv-tag-dialog", "aria-label": "DICOM 标签", "data-testid": "tag-browser" });
    const head = el("div", { class: "cfv-sheet-head" }, el("h2", {}, `DICOM 标签 · 第 ${viewport.index + 1} 幅`));
    head.append(button({ class: "cfv-icon-button", "data-testid": "close-tags", "aria-label": "关闭" }, () => dialog.close(), icon("close")));
    dialog.append(head, el("div", { class: "cfv-tag-row" }, search, file), note, el("div", { class: "cfv-tag-body", tabindex: 0, role: "region", "aria-label": "标签表" }, table));
    dialog.addEventListener("close", () => dialog.remove());
    host.append(dialog);
    dialog.showModal();
    search.focus();
    try {
      const pack = await this.packOf(shown.entry.id, this.viewer.library.revisionOf(shown.entry));
      const rows = rowsOf(pack, uid);
      const show = (): void => {
        const hits = filtered(rows, search.value);
        table.replaceChildren(head4(), ...hits.map(line));
        note.textContent = `${hits.length} / ${rows.length} 项${isComplete(pack, uid) ? "" : "(只有整组共有的标签)"}`;
      };
      search.addEventListener("input", show);
      show();
    } catch (error) {
      note.textContent = (error as Error).message === "404" ? "这组影像的标签还没有准备好。" : "标签没有读到,请检查网络后再试。";
    }
  }

  private fileUrl(series: string, uid: string): string {
    return `${this.base}/series/${series}/instances/${uid}/original.dcm`;
  }

  private packOf(series: string, revision: number | string): Promise<TagPack> {
    const key = `${series}?r=${revision}`;
    let pack = this.packs.get(key);
    if (!pack) {
      pack = fetch(`${this.base}/series/${series}/tags?r=${revision}`, { credentials: "same-origin" }).then((answer) => {
        if (!answer.ok) throw new Error(String(answer.status));
        return answer.json() as Promise<TagPack>;
      });
      pack.catch(() => this.packs.delete(key));
      this.packs.set(key, pack);
    }
    return pack;
  }
}

const head4 = (): HTMLElement => el("thead", {}, el("tr", {}, ...["标签", "VR", "名称", "值"].map((word) => el("th", { scope: "col" }, word))));

function line(row: TagRow): HTMLElement {
  const name = el("td", { class: "cfv-tag-name" }, row.name);
  name.style.paddingLeft = `${8 + row.depth * 14}px`;
  return el("tr", {}, el("td", {}, row.tag), el("td", {}, row.vr), name, el("td", { class: "cfv-tag-value" }, row.value));
}
