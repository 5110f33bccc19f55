import type { Consent, Family, HistoryLine, Home, Invited, Offer, ReportFile, Share, ShareTerms, Visit } from "./types";

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
  home?: Home;
  studies?: unknown[];
  consent?: Consent;
  bind_offer?: Offer[];
}

async function ask<T>(url: string, body?: unknown): Promise<T> {
  const init: RequestInit =
    body === undefined
      ? { cache: "no-store" }
      : { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  const response = await call(url, init);
  if (!response.ok) throw await refusal(response);
  return (await response.json()) as T;
}

/** A POST that answers nothing. */
async function tell(url: string): Promise<void> {
  const response = await call(url, { method: "POST" });
  if (!response.ok) throw await refusal(response);
}

/** Digits in; home and manifests out. Throws ApiError, as everything here. */
export const verifyDigits = (token: string, digits: string, consent: string): Promise<Verified> =>
  ask(`/api/patient/v1/codes/${token}/verify`, { digits, consent });

/** One tap in WeChat. */
export const enterByCode = (token: string): Promise<Verified> => ask(`/api/wechat/v1/codes/${token}/enter`, {});

export const enterPerson = (binding: string): Promise<Verified> => ask(`/api/wechat/v1/people/${binding}/enter`, {});

export const acceptInvitation = (token: string, consent: string): Promise<Verified> =>
  ask(`/api/wechat/v1/invitations/${token}/accept`, { consent });

/** The session that waited opens. */
export const giveConsent = (version: string): Promise<Verified> => ask("/api/patient/v1/consent", { consent: version });

export const bindWeChat = (relation: string): Promise<unknown> => ask("/api/patient/v1/bindings", { relation });

export const fetchFamily = (): Promise<Family> => ask("/api/patient/v1/bindings");

export const endBinding = (id: string): Promise<void> => tell(`/api/patient/v1/bindings/${id}/end`);

export const inviteGuardian = (relation: string): Promise<Invited> => ask("/api/patient/v1/guardians", { relation });

export const revokeInvitation = (id: string): Promise<void> => tell(`/api/patient/v1/guardians/${id}/revoke`);

export const withdrawConsent = (): Promise<void> => tell("/api/patient/v1/consent/withdraw");

/** Retrieval without a code: an answer to each condition of the hospital's page, and the digits. */
export const queryExam = (answers: Record<string, string>, digits: string, campus: string): Promise<Verified> =>
  ask("/api/patient/v1/query", { ...answers, digits, campus });

export const openShare = (token: string, passCode: string): Promise<Verified> =>
  ask(`/api/share/v1/links/${token}/open`, { pass_code: passCode });

export const fetchHistory = async (sort: string, order: "asc" | "desc"): Promise<HistoryLine[]> =>
  (await ask<{ exams: HistoryLine[] }>(`/api/patient/v1/history?sort=${sort}&order=${order}`)).exams;

export const fetchShares = async (exam: string): Promise<Share[]> =>
  (await ask<{ shares: Share[] }>(`/api/share/v1/shares?exam=${exam}`)).shares;

export const makeShare = (terms: ShareTerms): Promise<Share> => ask("/api/share/v1/shares", terms);

export const stopShare = (id: string): Promise<Share> => ask(`/api/share/v1/shares/${id}/stop`, {});

export const fetchVisits = async (exam: string): Promise<Visit[]> =>
  (await ask<{ visits: Visit[] }>(`/api/patient/v1/visits?exam=${exam}`)).visits;

export const fetchReportFile = (exam: string): Promise<ReportFile> => ask(`/api/patient/v1/report?exam=${exam}`);

let etag = "";
let etagOf = "";

/** The home page's data of an examination ("" is the scanned one); null when nothing has changed
 * since the last call. */
export async function fetchHome(exam = ""): Promise<Home | null> {
  const known: Record<string, string> = etag && etagOf === exam ? { "If-None-Match": etag } : {};
  const response = await call(`/api/patient/v1/home${exam ? `?exam=${exam}` : ""}`, { headers: known, cache: "no-store" });
  if (response.status === 304) return null;
  if (!response.ok) throw await refusal(response);
  etag = response.headers.get("ETag") ?? "";
  etagOf = exam;
  sessionStorage.removeItem("cf.studies"); // what came with the digits may be older than this
  return (await response.json()) as Home;
}

export async function signOut(): Promise<void> {
  await call("/api/patient/v1/sign-out", { method: "POST" });
}
