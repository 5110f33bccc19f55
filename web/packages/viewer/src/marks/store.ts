import type { ImagePoint } from "../view/points";
import type { MarkName } from "./kind";
import type { PlaneRef } from "./planeref";

/** One mark in one frame. Never changed in place: a change is a new mark with the same id. */
export interface Mark {
  readonly id: number;
  readonly kind: MarkName;
  /** The manifest's id of the series. */
  readonly series: string;
  readonly index: number;
  readonly points: ImagePoint[];
  readonly text: string;
  /** The same on every device. */
  readonly uid: string;
  /** When the server saw it first or changed; "" or absent while it has not. */
  readonly at?: string;
  /** Of a mark on a rebuilt plane; `index` is -1 while its volume has not been built. */
  readonly plane?: PlaneRef;
}

export type NewMark = Omit<Mark, "id" | "uid">;

/** A colleague's mark: looked at, never changed. */
export interface OthersMark extends Mark {
  readonly author: string;
}

/** All marks of the studies that are open, with undo and redo. */
export class MarkStore {
  private now: readonly Mark[] = [];
  private past: (readonly Mark[])[] = [];
  private future: (readonly Mark[])[] = [];
  private nextId = 1;
  private chosen: number | null = null;
  private foreign: readonly OthersMark[] = [];

  constructor(private readonly onChange: () => void) {}

  get all(): readonly Mark[] {
    return this.now;
  }

  get selected(): Mark | null {
    return this.now.find((mark) => mark.id === this.chosen) ?? null;
  }

  get canUndo(): boolean {
    return this.past.length > 0;
  }

  get canRedo(): boolean {
    return this.future.length > 0;
  }

  get others(): readonly OthersMark[] {
    return this.foreign;
  }

  setOthers(marks: readonly Omit<OthersMark, "id">[]): void {
    this.foreign = marks.map((mark) => ({ ...mark, id: -1 }));
    this.onChange();
  }

  /** Marks that come from elsewhere take the place of all; there is nothing to undo in that. */
  load(marks: readonly Omit<Mark, "id">[]): void {
    const ids = new Map(this.now.map((mark) => [mark.uid, mark.id]));
    this.now = marks.map((mark) => ({ ...mark, id: ids.get(mark.uid) ?? this.nextId++ }));
    this.past = [];
    this.future = [];
    this.onChange();
  }

  /** The same marks, found elsewhere: nothing to undo, nothing to save. */
  place(found: (mark: Mark) => Mark): void {
    const all = (marks: readonly Mark[]): readonly Mark[] => marks.map(found);
    [this.now, this.past, this.future] = [all(this.now), this.past.map(all), this.future.map(all)];
    this.onChange();
  }

  on(series: string, index: number): Mark[] {
    return this.now.filter((mark) => mark.series === series && mark.index === index);
  }

  select(id: number | null): void {
    if (this.chosen === id) return;
    this.chosen = id;
    this.onChange();
  }

  add(mark: NewMark): Mark {
    const made = { ...mark, id: this.nextId++, uid: newUid() };
    this.chosen = made.id;
    this.change([...this.now, made]);
    return made;
  }

  replace(mark: Mark): void {
    this.change(this.now.map((old) => (old.id === mark.id ? mark : old)));
  }

  remove(id: number): void {
    if (this.now.some((mark) => mark.id === id)) this.change(this.now.filter((mark) => mark.id !== id));
  }

  /** The last made mark was not meant: as if it had never been, with nothing to undo. */
  forget(id: number): void {
    const before = this.past.pop();
    if (!before || before.some((mark) => mark.id === id)) throw new Error("not the last mark");
    this.now = before;
    this.onChange();
  }

  /** Erase every mark of a series. */
  clear(series: string): void {
    if (this.now.some((mark) => mark.series === series)) this.change(this.now.filter((mark) => mark.series !== series));
  }

  undo(): void {
    this.swap(this.past, this.future);
  }

  redo(): void {
    this.swap(this.future, this.past);
  }

  private swap(from: (readonly Mark[])[], to: (readonly Mark[])[]): void {
    const other = from.pop();
    if (!other) return;
    to.push(this.now);
    this.now = other;
    this.onChange();
  }

  private change(marks: readonly Mark[]): void {
    this.past.push(this.now);
    this.future = [];
    this.now = marks;
    this.onChange();
  }
}

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** 16 random characters. */
function newUid(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => LETTERS[byte & 63]).join("");
}
