import type { Manifest } from "../format/manifest";
import { MarkKeeper, type KeepState, type Stash } from "../keeping/keeper";
import { ServerShelf, TabShelf, type Kept, type OthersMarks } from "../keeping/shelf";
import { fromStored, toStored, type StoredMark } from "../keeping/stored";
import { baseOf } from "../marks/planeref";
import type { Mark, OthersMark } from "../marks/store";
import { el } from "./dom";
import type { Hanging } from "./layouts";
import type { Viewer } from "./viewer";

/** Who reads. Marks of staff are kept on the server, everybody else's in this tab (decision 0030). */
export interface ReaderIdentity {
  kind: "staff" | "patient" | "share";
  /** Of the account; "" for others. */
  id: string;
  /** Hanging protocols of their own, by modality. */
  hanging?: Hanging;
}

const WORDS: Record<KeepState, string> = {
  loading: "",
  saved: "标注已保存",
  saving: "标注正在保存…",
  unsaved: "标注未保存",
  offline: "标注未保存,等待网络",
  expired: "登录已过期,标注未保存",
  refused: "标注未保存",
};
const WORST: KeepState[] = ["expired", "refused", "offline", "unsaved", "saving", "loading", "saved"];

/** Keeps the marks of every study that is open, and says how that stands. */
export class Keeping {
  readonly chip = el("div", { class: "cfv-keep", role: "status", "data-testid": "keep-state", hidden: true });
  hasOthers = true;
  private readonly keepers = new Map<string, MarkKeeper>();
  /** Marks whose frame is not here: kept as they came. */
  private readonly unplaced = new Map<string, StoredMark[]>();
  private readonly others = new Map<string, OthersMarks[]>();
  private readonly states = new Map<string, KeepState>();
  private last: readonly Mark[] = [];
  private readonly releases: (() => void)[] = [];

  constructor(
    private readonly viewer: Viewer,
    private readonly reader: ReaderIdentity | null,
    private readonly base: string,
  ) {
    this.listen(window, "online", () => this.flush());
    this.listen(window, "pagehide", () => this.flush());
    this.listen(document, "visibilitychange", () => {
      if (document.hidden) this.flush();
      else for (const keeper of this.keepers.values()) void keeper.start();
    });
    this.listen(window, "beforeunload", (event) => {
      if (this.isShared && [...this.keepers.values()].some((keeper) => keeper.isUnsaved)) event.preventDefault();
    });
  }

  get isShared(): boolean {
    return this.reader?.kind === "staff";
  }

  /** Fetch and keep the marks of a study from now on. */
  open(manifest: Manifest): void {
    const { id } = manifest.study;
    if (this.keepers.has(id)) return;
    const keeper = new MarkKeeper(
      this.isShared ? new ServerShelf(`${this.base}/marks/${id}`) : new TabShelf(`cf.marks.${id}`),
      {
        now: () => [...this.storedOf(id), ...(this.unplaced.get(id) ?? [])],
        apply: (marks) => this.apply(id, marks),
        onOthers: (others) => this.showOthers(id, others),
        onState: (state, message) => this.onState(id, state, message),
      },
      { after: (ms, act) => window.setTimeout(act, ms), cancel: (timer) => window.clearTimeout(timer) },
      this.isShared ? tabStash(`cf.marks.wait.${this.reader!.id}.${id}`) : NO_STASH,
    );
    this.keepers.set(id, keeper);
    void keeper.start();
  }

  /** Something of the store has changed, perhaps the marks. */
  noticed(): void {
    if (this.viewer.marks.all === this.last) return;
    this.last = this.viewer.marks.all;
    for (const keeper of this.keepers.values()) keeper.noticed();
    this.say("");
  }

  /** Another window of this reader has saved. */
  refetch(): void {
    for (const keeper of this.keepers.values()) if (!keeper.isUnsaved) void keeper.start();
  }

  toggleOthers(): void {
    this.hasOthers = !this.hasOthers;
    this.drawOthers();
  }

  /** Colleagues who have marks here, with how many. */
  authors(): { author: string; marks: OthersMark[] }[] {
    const authors = new Map<string, OthersMark[]>();
    for (const mark of this.placedOthers()) authors.set(mark.author, [...(authors.get(mark.author) ?? []), { ...mark, id: -1 }]);
    return [...authors].map(([author, marks]) => ({ author, marks }));
  }

  dispose(): void {
    this.flush();
    for (const keeper of this.keepers.values()) keeper.close();
    for (const release of this.releases) release();
  }

  private flush(): void {
    for (const keeper of this.keepers.values()) if (keeper.isUnsaved || keeper.state === "offline") void keeper.flush();
  }

  private storedOf(study: string): StoredMark[] {
    return this.viewer.marks.all.flatMap((mark) => {
      const shown = this.viewer.library.find(baseOf(mark.series));
      return shown?.manifest.study.id === study ? (toStored(mark, shown.entry) ?? []) : [];
    });
  }

  private apply(study: string, stored: StoredMark[]): void {
    const elsewhere = this.viewer.marks.all.filter((mark) => this.viewer.library.find(baseOf(mark.series))?.manifest.study.id !== study);
    const placed = stored.map((mark) => fromStored(mark, this.viewer.library.find(mark.series)?.entry));
    this.unplaced.set(study, stored.filter((_, i) => !placed[i]));
    this.viewer.marks.load([...elsewhere, ...placed.flatMap((mark) => (mark ? this.viewer.volumes.place(mark) : []))]);
  }

  private showOthers(study: string, others: OthersMarks[]): void {
    this.others.set(study, others);
    this.drawOthers();
  }

  drawOthers(): void {
    this.viewer.marks.setOthers(this.hasOthers ? this.placedOthers() : []);
  }

  private placedOthers(): Omit<OthersMark, "id">[] {
    return [...this.others.values()].flat().flatMap(({ author, title, marks }) =>
      marks.flatMap((stored) => {
        const mark = fromStored(stored, this.viewer.library.find(stored.series)?.entry);
        return mark ? [{ ...this.viewer.volumes.place(mark), author: [author, title].filter(Boolean).join(" ") }] : [];
      }),
    );
  }

  private onState(study: string, state: KeepState, message: string): void {
    if (state === "saved" && this.states.get(study) === "saving" && this.isShared) this.viewer.second.tellMarks();
    this.states.set(study, state);
    this.say(message);
  }

  /** The state that needs the reader most. */
  private say(message: string): void {
    const states = new Set([...this.keepers.values()].map((keeper) => keeper.state));
    const state = WORST.find((one) => states.has(one)) ?? "saved";
    const hasAny = this.viewer.marks.all.length > 0 || state === "offline" || state === "expired";
    this.chip.hidden = !hasAny || state === "loading";
    this.chip.dataset.state = state;
    this.chip.textContent = this.isShared ? WORDS[state] : "标注仅存本页";
    if (message) this.viewer.toast(message, true);
  }

  private listen(target: Window | Document, event: string, act: (event: Event) => void): void {
    target.addEventListener(event, act);
    this.releases.push(() => target.removeEventListener(event, act));
  }
}

const NO_STASH: Stash = { read: () => null, write: () => undefined };

/** In this tab only: a shared computer keeps nothing of it. */
function tabStash(key: string): Stash {
  return {
    read: () => {
      try {
        return JSON.parse(sessionStorage.getItem(key) ?? "null") as Kept | null;
      } catch {
        return null;
      }
    },
    write: (kept) => {
      try {
        if (kept) sessionStorage.setItem(key, JSON.stringify(kept));
        else sessionStorage.removeItem(key);
      } catch {
        // full or forbidden: it lives as long as the page
      }
    },
  };
}
