import type { Account, ExamPage, Filters, Row } from "./types";

/** What the server said no to; `message` is for people. */
export class ApiError extends Error {
  constructor(
    readonly code: string,
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

const OFFLINE = "网络好像不通。请检查网络后再试。";

async function ask<T>(url: string, init: RequestInit = { cache: "no-store" }): Promise<T> {
  let response: Response;
  try {
    response = await fetch(url, { credentials: "same-origin", signal: AbortSignal.timeout?.(20_000), ...init });
  } catch {
    throw new ApiError("offline", 0, OFFLINE);
  }
  if (response.status === 204) return undefined as T;
  const body = await response.json().catch(() => null);
  if (!response.ok) throw new ApiError(body?.error?.code ?? "unknown", response.status, body?.error?.message ?? "系统忙,请稍后再试。");
  return body as T;
}

const post = (body: unknown): RequestInit => ({ method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });

export const signIn = (username: string, password: string): Promise<Account> => ask("/api/staff/v1/session", post({ username, password }));
export const signOut = (): Promise<void> => ask("/api/staff/v1/sign-out", { method: "POST" });
export const fetchMe = (): Promise<Account> => ask("/api/staff/v1/me");
export const fetchExam = (id: string): Promise<ExamPage> => ask(`/api/staff/v1/exams/${encodeURIComponent(id)}`);

/** A page of the list; `before` is the `next` of the page above. */
export function fetchExams(filters: Filters, before = ""): Promise<{ exams: Row[]; next: string | null }> {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries({ ...filters, before })) if (value) query.set(name, value);
  return ask(`/api/staff/v1/exams?${query}`);
}
