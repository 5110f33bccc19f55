// Who uses this phone (the WeChat login, kept) and what they may see now (the session, in memory
// only: a phone that is found tells nothing).
import { ApiError, call, NOBODY, type Who } from "./api";
import type { Home, Opened } from "./types";

const KEPT = "login";
const MARGIN_MS = 60_000;

interface Login {
  token: string;
  expires_at: string;
}

let pending: Promise<string> | null = null;
let session = "";
let home: Home | null = null;

const isLive = (one: Login | ""): one is Login => Boolean(one) && Date.parse((one as Login).expires_at) - MARGIN_MS > Date.now();

/** The login's token; several callers at once make one login. */
export function loginToken(): Promise<string> {
  const kept = wx.getStorageSync(KEPT) as Login | "";
  if (isLive(kept)) return Promise.resolve(kept.token);
  pending ??= logIn().finally(() => (pending = null));
  return pending;
}

async function logIn(): Promise<string> {
  for (let round = 0; ; round += 1) {
    try {
      const made = await call<Login>("POST", "/api/wechat/v1/mini/login", NOBODY, { code: await wechatCode() });
      wx.setStorageSync(KEPT, made);
      return made.token;
    } catch (error) {
      // a code counts once and for five minutes: one fresh one, no more
      if (!(error instanceof ApiError) || error.code !== "wechat_code_used" || round > 0) throw error;
    }
  }
}

function wechatCode(): Promise<string> {
  return new Promise((resolve, reject) => {
    wx.login({
      success: ({ code }) => (code ? resolve(code) : reject(new ApiError("wechat_login", "微信登录没有成功,请再试一次。"))),
      fail: () => reject(new ApiError("wechat_login", "微信登录没有成功,请检查网络后再试。")),
    });
  });
}

/** Ask as the WeChat user, with the open session; a login that the server has ended is made anew,
 * once. */
export async function ask<T>(method: "GET" | "POST", path: string, body?: object): Promise<T> {
  try {
    return await call<T>(method, path, await who(), body);
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== "wechat_login_needed") throw error;
    wx.removeStorageSync(KEPT);
    return call<T>(method, path, await who(), body);
  }
}

export const who = async (): Promise<Who> => ({ login: await loginToken(), session });

/** A session opened: what it may see is kept until the program is put away. What follows consent
 * carries no token: it is the session that waited. */
export function keepSession(opened: Opened): void {
  if (opened.session.token) session = opened.session.token;
  if (opened.home) home = opened.home;
}

export const sessionToken = (): string => session;
export const hasSession = (): boolean => session !== "";
export const openedHome = (): Home | null => home;

export function keepHome(next: Home): void {
  home = next;
}

export function forgetSession(): void {
  session = "";
  home = null;
}
