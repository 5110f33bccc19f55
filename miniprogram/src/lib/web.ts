// Into the web-view: a one-time ticket carries the session over, nothing personal is in an address.
import { ask, sessionToken } from "./session";

/** `target` is a page of the hospital's site, such as `/viewer` or `/home`. */
export async function openWeb(target: string): Promise<void> {
  const { url } = await ask<{ url: string }>("POST", "/api/wechat/v1/mini/ticket", { session: sessionToken(), target });
  await wx.navigateTo({ url: `/pages/web/web?url=${encodeURIComponent(url)}` });
}
