// Large text, chosen once for all pages.

const KEPT = "large";

export const isLarge = (): boolean => wx.getStorageSync(KEPT) === true;

export function setLarge(value: boolean): boolean {
  wx.setStorageSync(KEPT, value);
  return value;
}
