import { beforeEach, expect, test } from "vitest";
import { MarkKeeper, type Stash } from "../../src/keeping/keeper";
import { isSameSet } from "../../src/keeping/merge";
import { ServerShelf, ShelfError, TabShelf, type Kept, type Shelf, type Trouble } from "../../src/keeping/shelf";
import type { StoredMark } from "../../src/keeping/stored";

const mark = (uid: string, text = ""): StoredMark => ({ uid, kind: "text", series: "s", sop_instance_uid: "1.2", frame: 1, points: [[1, 2]], text });

/** One server with a version, as the real one keeps it; `trouble` is what the next calls meet. */
class FakeShelf implements Shelf {
  readonly isShared = true;
  kept: Kept = { version: 0, marks: [] };
  trouble: Trouble | null = null;
  saves = 0;
  tidy = (one: StoredMark): StoredMark => one;

  async load() {
    if (this.trouble) throw new ShelfError(this.trouble);
    return { mine: this.kept, others: [] };
  }

  async save(version: number, marks: StoredMark[]): Promise<Kept> {
    this.saves++;
    if (this.trouble) throw new ShelfError(this.trouble, "不行");
    if (version !== this.kept.version) throw new ShelfError("conflict");
    return (this.kept = { version: version + 1, marks: marks.map(this.tidy) });
  }
}

/** A browser tab: what is drawn, what is stashed, timers that run when told. */
class Tab {
  marks: StoredMark[] = [];
  states: string[] = [];
  timers = new Map<number, () => void>();
  keeper: MarkKeeper;
  private next = 1;

  constructor(shelf: Shelf, stash: { kept: Kept | null } = { kept: null }) {
    const kept: Stash = { read: () => stash.kept, write: (value) => (stash.kept = value) };
    const events = { now: () => this.marks, apply: (marks: StoredMark[]) => (this.marks = marks), onOthers: () => undefined, onState: (state: string) => this.states.push(state) };
    const after = (_: number, act: () => void): number => (this.timers.set(this.next, act), this.next++);
    this.keeper = new MarkKeeper(shelf, events, { after, cancel: (timer) => this.timers.delete(timer) }, kept);
  }

  async draw(...marks: StoredMark[]): Promise<void> {
    this.marks = marks;
    this.keeper.noticed();
    await this.wait();
  }

  /** Everything that is due now. */
  async wait(): Promise<void> {
    const due = [...this.timers.values()];
    this.timers.clear();
    for (const act of due) act();
    for (let n = 0; n < 20; n++) await Promise.resolve();
  }
}

let shelf: FakeShelf;
beforeEach(() => (shelf = new FakeShelf()));

test("what is drawn is saved after a quiet moment and restored elsewhere", async () => {
  const tab = new Tab(shelf);
  await tab.keeper.start();
  tab.marks = [mark("a")];
  tab.keeper.noticed();
  expect(tab.keeper.state).toBe("unsaved");
  expect(tab.keeper.isUnsaved).toBe(true);
  await tab.wait();
  expect(tab.keeper.state).toBe("saved");
  expect(shelf.kept.marks).toEqual([mark("a")]);
  const other = new Tab(shelf);
  await other.keeper.start();
  expect(other.marks).toEqual([mark("a")]);
  expect(shelf.saves).toBe(1);
});

test("two devices at once lose nothing", async () => {
  const [phone, desk] = [new Tab(shelf), new Tab(shelf)];
  await Promise.all([phone.keeper.start(), desk.keeper.start()]);
  await phone.draw(mark("p"));
  await desk.draw(mark("d"));
  expect(isSameSet(shelf.kept.marks, [mark("p"), mark("d")])).toBe(true);
  expect(isSameSet(desk.marks, [mark("p"), mark("d")])).toBe(true);
  await phone.keeper.start(); // the reader comes back to the phone
  expect(isSameSet(phone.marks, [mark("p"), mark("d")])).toBe(true);
  await phone.draw(mark("d"));
  await desk.draw(mark("p"), mark("d", "改"));
  expect(isSameSet(shelf.kept.marks, [mark("d", "改")])).toBe(true);
});

test("without a network it says so, tries again, and keeps the marks over a reload", async () => {
  const stash = { kept: null };
  const tab = new Tab(shelf, stash);
  await tab.keeper.start();
  shelf.trouble = "offline";
  await tab.draw(mark("a"));
  expect(tab.keeper.state).toBe("offline");
  await tab.draw(mark("a"), mark("b"));
  expect(tab.keeper.state).toBe("offline");
  const reloaded = new Tab(shelf, stash);
  await reloaded.keeper.start();
  expect(reloaded.keeper.state).toBe("offline");
  shelf.trouble = null;
  await reloaded.wait();
  expect(reloaded.marks).toEqual([mark("a"), mark("b")]);
  expect(isSameSet(shelf.kept.marks, reloaded.marks)).toBe(true);
  expect(stash.kept).toBeNull();
});

test("a text that the server tidies is taken over once and not saved for ever", async () => {
  const tab = new Tab(shelf);
  await tab.keeper.start();
  shelf.tidy = (one) => ({ ...one, text: one.text.trim() });
  await tab.draw(mark("a", "结节 "));
  expect(tab.marks).toEqual([mark("a", "结节")]);
  await tab.wait();
  await tab.wait();
  expect(shelf.saves).toBe(1);
  expect(tab.keeper.state).toBe("saved");
});

test.each([["expired"], ["refused"]] as const)("%s is said and not tried for ever", async (trouble) => {
  const tab = new Tab(shelf);
  await tab.keeper.start();
  shelf.trouble = trouble;
  await tab.draw(mark("a"));
  await tab.wait();
  expect(tab.keeper.state).toBe(trouble);
  expect(shelf.saves).toBe(1);
});

test("undoing what was not saved yet is saved already", async () => {
  const tab = new Tab(shelf);
  await tab.keeper.start();
  tab.marks = [mark("a")];
  tab.keeper.noticed();
  tab.marks = [];
  tab.keeper.noticed();
  expect(tab.keeper.state).toBe("saved");
  await tab.wait();
  expect(shelf.saves).toBe(0);
});

test("the server's answers become troubles", async () => {
  const answer = (status: number, body: unknown = {}) => new ServerShelf("/x", () => Promise.resolve(new Response(JSON.stringify(body), { status })));
  for (const [status, trouble] of [[409, "conflict"], [401, "expired"], [503, "offline"], [404, "refused"]] as const) {
    await expect(answer(status).load()).rejects.toMatchObject({ trouble });
  }
  await expect(answer(400, { error: { message: "太多" } }).save(0, [])).rejects.toMatchObject({ trouble: "refused", message: "太多" });
  const lost = new ServerShelf("/x", () => Promise.reject(new TypeError("network")));
  await expect(lost.load()).rejects.toMatchObject({ trouble: "offline" });
});

test("a tab keeps its own without a server, and survives nonsense", async () => {
  const held = new Map<string, string>();
  const storage = { getItem: (key: string) => held.get(key) ?? null, setItem: (key: string, value: string) => void held.set(key, value) };
  const one = new TabShelf("k", storage);
  await one.save(0, [mark("a")]);
  expect((await new TabShelf("k", storage).load()).mine).toEqual({ version: 1, marks: [mark("a")] });
  held.set("k", "{");
  expect((await one.load()).mine.marks).toEqual([]);
});
