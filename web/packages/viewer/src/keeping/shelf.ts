import type { StoredMark } from "./stored";

/** What is kept of a study, and at which version. */
export interface Kept {
  version: number;
  marks: StoredMark[];
}

/** A colleague's marks: for reading only. */
export interface OthersMarks {
  author: string;
  title: string;
  updated_at: string;
  marks: StoredMark[];
}

export type Trouble = "offline" | "conflict" | "expired" | "refused";

export class ShelfError extends Error {
  constructor(
    readonly trouble: Trouble,
    message = "",
  ) {
    super(message);
  }
}

/** Where the marks of one study are kept. Both throw ShelfError. */
export interface Shelf {
  readonly isShared: boolean;
  load(): Promise<{ mine: Kept; others: OthersMarks[] }>;
  /** "conflict" when another device has saved since `version`. */
  save(version: number, marks: StoredMark[]): Promise<Kept>;
}

type Fetch = typeof fetch;

/** The server, for a reader with an account. */
export class ServerShelf implements Shelf {
  readonly isShared = true;

  constructor(
    private readonly url: string,
    private readonly ask: Fetch = (...args) => fetch(...args),
  ) {}

  load(): Promise<{ mine: Kept; others: OthersMarks[] }> {
    return this.call({ cache: "no-store" });
  }

  save(version: number, marks: StoredMark[]): Promise<Kept> {
    const body = JSON.stringify({ version, marks });
    return this.call({ method: "PUT", headers: { "Content-Type": "application/json" }, body, keepalive: body.length < 60_000 });
  }

  private async call<T>(init: RequestInit): Promise<T> {
    let response: Response;
    try {
      response = await this.ask(this.url, { credentials: "same-origin", ...init });
    } catch {
      throw new ShelfError("offline");
    }
    if (response.ok) return (await response.json()) as T;
    if (response.status === 409) throw new ShelfError("conflict");
    if (response.status === 401) throw new ShelfError("expired");
    if (response.status >= 500 || response.status === 429) throw new ShelfError("offline");
    const body = (await response.json().catch(() => null)) as { error?: { message?: string } } | null;
    throw new ShelfError("refused", body?.error?.message ?? "标注没有保存。");
  }
}

/** This tab, for patients and guests: gone when it is closed (decision 0030). */
export class TabShelf implements Shelf {
  readonly isShared = false;

  constructor(
    private readonly key: string,
    private readonly storage: Pick<Storage, "getItem" | "setItem"> | null = tabStorage(),
  ) {}

  load(): Promise<{ mine: Kept; others: OthersMarks[] }> {
    return Promise.resolve({ mine: this.read(), others: [] });
  }

  save(_: number, marks: StoredMark[]): Promise<Kept> {
    const kept = { version: this.read().version + 1, marks };
    try {
      this.storage?.setItem(this.key, JSON.stringify(kept));
    } catch {
      // full or forbidden: they live as long as the page
    }
    return Promise.resolve(kept);
  }

  private read(): Kept {
    try {
      const text = this.storage?.getItem(this.key);
      if (text) return JSON.parse(text) as Kept;
    } catch {
      // nothing that we wrote
    }
    return { version: 0, marks: [] };
  }
}

function tabStorage(): Storage | null {
  try {
    return sessionStorage;
  } catch {
    return null;
  }
}
