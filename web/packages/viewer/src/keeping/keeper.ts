import { isSameSet, merge } from "./merge";
import { ShelfError, type Kept, type OthersMarks, type Shelf } from "./shelf";
import type { StoredMark } from "./stored";

export type KeepState = "loading" | "saved" | "unsaved" | "saving" | "offline" | "expired" | "refused";

export interface KeeperEvents {
  /** What the reader has now. */
  now(): StoredMark[];
  /** Other marks take their place: restored, or merged with another device's. */
  apply(marks: StoredMark[]): void;
  onOthers(others: OthersMarks[]): void;
  onState(state: KeepState, message: string): void;
}

/** Where unsaved marks wait when the page goes away. */
export interface Stash {
  read(): Kept | null;
  write(kept: Kept | null): void;
}

export interface Clock {
  after(ms: number, act: () => void): number;
  cancel(timer: number): void;
}

const QUIET_MS = 700;
const FIRST_RETRY_MS = 2_000;
const LONGEST_RETRY_MS = 60_000;
const MERGES = 5;
const UNKNOWN = -1;

/** Keeps the marks of one study: saves after a quiet moment, merges when another device was faster,
 * waits for the network, and always says how it stands. */
export class MarkKeeper {
  state: KeepState = "loading";
  private base: Kept = { version: 0, marks: [] };
  private isLoaded = false;
  private isBusy = false;
  private retryMs = FIRST_RETRY_MS;
  private timer = 0;

  constructor(
    private readonly shelf: Shelf,
    private readonly events: KeeperEvents,
    private readonly clock: Clock,
    private readonly stash: Stash,
  ) {}

  get isUnsaved(): boolean {
    return this.state !== "loading" && !isSameSet(this.base.marks, this.events.now());
  }

  /** Fetch what is kept; called again when the reader comes back to the page. */
  async start(): Promise<void> {
    await this.run(() => this.pull());
  }

  /** Something may have changed. */
  noticed(): void {
    if (!this.isLoaded) return this.stash.write({ version: UNKNOWN, marks: this.events.now() });
    if (this.isBusy) return;
    if (isSameSet(this.base.marks, this.events.now())) {
      if (this.state === "unsaved") this.say("saved");
      return;
    }
    this.stash.write({ version: this.base.version, marks: this.events.now() });
    if (this.state !== "offline" && this.state !== "expired") this.say("unsaved");
    this.later(this.state === "offline" ? this.retryMs : QUIET_MS);
  }

  /** Save now: the network is back, or the page goes away. */
  async flush(): Promise<void> {
    this.clock.cancel(this.timer);
    if (!this.isLoaded) return this.start();
    if (!isSameSet(this.base.marks, this.events.now())) await this.run(() => this.push());
  }

  close(): void {
    this.clock.cancel(this.timer);
  }

  private async run(work: () => Promise<void>): Promise<void> {
    if (this.isBusy) return;
    this.isBusy = true;
    try {
      await work();
      this.retryMs = FIRST_RETRY_MS;
      this.say("saved");
    } catch (error) {
      if (!(error instanceof ShelfError)) throw error;
      this.onTrouble(error);
    } finally {
      this.isBusy = false;
    }
    if (this.state === "saved") this.noticed(); // what was drawn while it was being saved
  }

  private async pull(): Promise<void> {
    const { mine, others } = await this.shelf.load();
    const waiting = this.isLoaded ? null : this.stash.read();
    const here = waiting ? merge([], this.events.now(), waiting.marks) : this.events.now();
    const known = waiting && waiting.version === mine.version ? mine.marks : this.base.marks;
    const merged = merge(known, here, mine.marks);
    this.base = mine;
    this.isLoaded = true;
    if (!isSameSet(merged, this.events.now())) this.events.apply(merged);
    this.events.onOthers(others);
    if (!isSameSet(mine.marks, this.events.now())) await this.push();
  }

  private async push(): Promise<void> {
    for (let tries = 0; tries < MERGES; tries++) {
      const sent = this.events.now();
      this.say("saving");
      try {
        const saved = await this.shelf.save(this.base.version, sent);
        this.base = saved;
        // the server may have tidied a text; without taking that over it would be saved for ever
        if (!isSameSet(saved.marks, sent)) this.events.apply(merge(sent, this.events.now(), saved.marks));
        this.stash.write(null);
        return;
      } catch (error) {
        if (!(error instanceof ShelfError) || error.trouble !== "conflict") throw error;
      }
      const { mine, others } = await this.shelf.load();
      const merged = merge(this.base.marks, this.events.now(), mine.marks);
      this.base = mine;
      this.events.apply(merged);
      this.events.onOthers(others);
    }
    throw new ShelfError("offline");
  }

  private onTrouble(error: ShelfError): void {
    const state = error.trouble === "conflict" ? "offline" : error.trouble;
    this.say(state, error.message);
    if (state !== "offline") return;
    this.later(this.retryMs);
    this.retryMs = Math.min(this.retryMs * 2, LONGEST_RETRY_MS);
  }

  private later(ms: number): void {
    this.clock.cancel(this.timer);
    this.timer = this.clock.after(ms, () => void this.flush());
  }

  private say(state: KeepState, message = ""): void {
    this.state = state;
    this.events.onState(state, message);
  }
}
