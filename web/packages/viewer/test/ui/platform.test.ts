import { expect, test } from "vitest";
import { canDownload, canOpenWindow, platformOf } from "../../src/ui/platform";

const WECHAT_IOS = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 MicroMessenger/8.0.54(0x18003630) NetType/WIFI Language/zh_CN";
const WECHAT_ANDROID = "Mozilla/5.0 (Linux; Android 14; V2324A; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/126.0.6478.188 Mobile Safari/537.36 XWEB/1260117 MMWEBSDK/20240802 MicroMessenger/8.0.54";
const SAFARI = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1";
const IOS_APP = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 HospitalApp/3.2";
const IPAD = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15";
const ARKWEB = "Mozilla/5.0 (Phone; OpenHarmony 5.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/114.0.0.0 Safari/537.36 ArkWeb/4.1.6.1 Mobile";
const DESK = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36";

test.each([
  ["WeChat on iOS", WECHAT_IOS, 5, { isWeChat: true, isIos: true, isArkWeb: false, isEmbedded: true }],
  ["WeChat on Android", WECHAT_ANDROID, 5, { isWeChat: true, isIos: false, isArkWeb: false, isEmbedded: true }],
  ["Safari", SAFARI, 5, { isWeChat: false, isIos: true, isArkWeb: false, isEmbedded: false }],
  ["an app's WKWebView", IOS_APP, 5, { isWeChat: false, isIos: true, isArkWeb: false, isEmbedded: true }],
  ["an iPad that says it is a Mac", IPAD, 5, { isWeChat: false, isIos: true, isArkWeb: false, isEmbedded: false }],
  ["ArkWeb", ARKWEB, 5, { isWeChat: false, isIos: false, isArkWeb: true, isEmbedded: true }],
  ["a desk", DESK, 0, { isWeChat: false, isIos: false, isArkWeb: false, isEmbedded: false }],
])("%s is recognised", (_, agent, touchPoints, expected) => {
  expect(platformOf(agent, touchPoints)).toEqual(expected);
});

test("where a download is dropped without a word none is offered", () => {
  expect([WECHAT_IOS, WECHAT_ANDROID, IOS_APP, ARKWEB].map((agent) => canDownload(platformOf(agent, 5)))).toEqual([false, false, false, false]);
  expect(canDownload(platformOf(SAFARI, 5)) && canDownload(platformOf(DESK))).toBe(true);
  expect(canOpenWindow(platformOf(DESK))).toBe(true);
  expect(canOpenWindow(platformOf(IPAD, 5))).toBe(false);
});
