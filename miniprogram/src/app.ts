import { forgetSession } from "./lib/session";

App({
  onHide() {
    // nothing of a patient stays in a phone that was put away
    wx.setStorageSync("hiddenAt", Date.now());
  },
  onShow() {
    const hiddenAt = Number(wx.getStorageSync("hiddenAt") || 0);
    if (hiddenAt && Date.now() - hiddenAt > 10 * 60_000) forgetSession();
  },
});
