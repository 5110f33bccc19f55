// One call to the hospital's server: time limit, plain words for people, typed answers.
import { baseUrl } from "../config";

const LIMIT_MS = 20_000;

/** What the server said no to; `message` is for people. */
export class ApiError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly triesLeft: number | null = null,
  ) {
    super(message);
  }
}

interface Refusal {
  error?: { code?: string; message?: string; tries_left?: number };
}

/** Who asks: the WeChat login, and what it has opened. */
export interface Who {
  login: string;
  session: string;
}

export const NOBODY: Who = { login: "", session: "" };

/** A mini-program keeps no cookies: the session goes along as one all the same, beside the login. */
function headersOf({ login, session }: Who): Record<string, string> {
  return { ...(login ? { Authorization: `Bearer ${login}` } : {}), ...(session ? { Cookie: `cf_session=${session}` } : {}) };
}

/** Throws ApiError, and nothing else. */
export function call<T>(method: "GET" | "POST", path: string, who: Who, body?: object): Promise<T> {
  return new Promise((resolve, reject) => {
    wx.request({
      url: baseUrl() + path,
      method,
      data: body,
      timeout: LIMIT_MS,
      header: { "Content-Type": "application/json", ...headersOf(who) },
      success({ statusCode, data }) {
        if (statusCode >= 200 && statusCode < 300) return resolve(data as T);
        const { error } = (typeof data === "object" && data ? data : {}) as Refusal;
        reject(new ApiError(error?.code ?? `http_${statusCode}`, error?.message ?? "系统忙,请稍后再试。", error?.tries_left ?? null));
      },
      fail: () => reject(new ApiError("offline", "网络好像不通。请检查手机的网络,再试一次。")),
    });
  });
}

/** A picture that only this session may see, as a file on the phone. */
export function fetchPicture(path: string, who: Who): Promise<string> {
  return new Promise((resolve, reject) => {
    wx.downloadFile({
      url: baseUrl() + path,
      timeout: LIMIT_MS,
      header: headersOf(who),
      success: ({ statusCode, tempFilePath }) =>
        statusCode === 200 ? resolve(tempFilePath) : reject(new ApiError(`http_${statusCode}`, "图片没有取到,请稍后再试。")),
      fail: () => reject(new ApiError("offline", "网络好像不通。请检查手机的网络,再试一次。")),
    });
  });
}

/** Whatever was thrown, as words for people. */
export const wordsOf = (error: unknown): string => (error instanceof ApiError ? error.message : "系统忙,请稍后再试。");
