// Every quirk of the browsers that our readers come with, named, in one place. Nothing else asks the
// user agent.

interface Platform {
  isWeChat: boolean;
  isIos: boolean;
  /** HarmonyOS' own web view. */
  isArkWeb: boolean;
  /** A web view inside an app of somebody else (hospital app, mini-program). */
  isEmbedded: boolean;
}

export function platformOf(agent: string, touchPoints = 0): Platform {
  const isIpad = /Macintosh/.test(agent) && touchPoints > 1; // iPadOS says it is a Mac
  const isIos = /iPhone|iPad|iPod/.test(agent) || isIpad;
  const isWeChat = /MicroMessenger|miniProgram/i.test(agent);
  const isArkWeb = /ArkWeb|OpenHarmony|HarmonyOS/i.test(agent);
  const isIosView = isIos && !/Safari\//.test(agent);
  const isAndroidView = /Android/.test(agent) && /; wv\)/.test(agent);
  return { isWeChat, isIos, isArkWeb, isEmbedded: isWeChat || isIosView || isAndroidView || isArkWeb };
}

const here = (): Platform => platformOf(navigator.userAgent, navigator.maxTouchPoints);

/** WeChat, WKWebView and ArkWeb drop the download of a blob without a word: there a picture is shown,
 * to be kept by a long press. */
export const canDownload = (platform = here()): boolean => !platform.isEmbedded;

/** iPhones have no full screen for elements; web views ignore it. */
export const canFullScreen = (): boolean => document.fullscreenEnabled === true && !here().isEmbedded;

/** A second window is for desks: web views open none, phones hide it. */
export const canOpenWindow = (platform = here()): boolean => !platform.isEmbedded && !platform.isIos;

/** Readies the page; returns what undoes it. */
export function tamePage(root: HTMLElement): () => void {
  const stop = (event: Event): void => event.preventDefault();
  const releases: (() => void)[] = [];
  const listen = (target: EventTarget, name: string, act: (event: Event) => void): void => {
    target.addEventListener(name, act, { passive: false });
    releases.push(() => target.removeEventListener(name, act));
  };
  // iOS zooms the page by a pinch and by a double tap whatever the viewport says
  for (const name of ["gesturestart", "gesturechange", "gestureend"]) listen(document, name, stop);
  // iOS drags the whole page by its edges: only what scrolls may move
  listen(root, "touchmove", (event) => {
    const from = event.target as Element;
    if (event.cancelable && !from.closest(".cfv-strip, .cfv-sheet, dialog, .cfv-3d-controls, input[type=range]")) event.preventDefault();
  });
  // WeChat on Android scales every font by the user's setting, and breaks rows of tools: we have large text of our own
  const fixFont = (): void => window.WeixinJSBridge?.invoke("setFontSizeCallback", { fontSize: 0 });
  if (here().isWeChat) {
    if (window.WeixinJSBridge) fixFont();
    else listen(document, "WeixinJSBridgeReady", fixFont);
  }
  return () => releases.forEach((release) => release());
}

declare global {
  interface Window {
    WeixinJSBridge?: { invoke(name: string, options: object): void };
  }
}
