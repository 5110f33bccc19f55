import type { Home } from "./types";

/** What the server said no to; `message` is for people. */
export class ApiError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly triesLeft: number | null,
    readonly retryAfterS: number | null,
  ) {
    super(message);
  }
}

const OFFLINE = "网络好像不通。请检查手机的网络,再试一次。";

async function call(url: string, init: RequestInit): Promise<Response> {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), 20_000);
  try {
    return await fetch(url, { credentials: "same-origin", signal: stop.signal, ...init });
  } catch {
    throw new ApiError("offline", OFFLINE, null, null);
  } finally {
    clearTimeout(timer);
  }
}

async function refusal(response: Response): Promise<ApiError> {
  try {
    const { error } = await response.json();
    return new ApiError(error.code, error.message, error.tries_left ?? null, error.retry_after_s ?? null);
  } catch {
    return new ApiError("unknown", "系统忙,请稍后再试。", null, null);
  }
}

export interface Verified {
  home: Home;
  studies: unknown[];
}

/** Digits in; home and manifests out. Throws ApiError. */
export async function verifyDigits(token: string, digits: string): Promise<Verified> {
  const response = await call(`/api/patient/v1/codes/${token}/verify`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ digits }),
  });
  if (!response.ok) throw await refusal(response);
  return (await response.json()) as Verified;
}

let etag = "";

/** The home page's data; null when nothing has changed since the last call. */
export async function fetchHome(): Promise<Home | null> {
  const response = await call("/api/patient/v1/home", { headers: etag ? { "If-None-Match": etag } : {}, cache: "no-store" });
  if (response.status === 304) return null;
  if (!response.ok) throw await refusal(response);
  etag = response.headers.get("ETag") ?? "";
  sessionStorage.removeItem("cf.studies"); // what came with the digits may be older than this
  return (await response.json()) as Home;
}

export async function signOut(): Promise<void> {
  await call("/api/patient/v1/sign-out", { method: "POST" });
}
