// Where the page runs. Only what a page has to do differently is asked, each quirk with its place.

const agent = navigator.userAgent;

/** WeChat's own browser and the web-view of its mini-programs. */
export const isWeChat = /MicroMessenger\//.test(agent);

/** HarmonyOS' web-view, in the hospital's app or the system browser. */
export const isArkWeb = /ArkWeb\//.test(agent);

/** What a host app may offer to its pages (docs/host-contract.md). */
interface Host {
  close?(): void;
  scan?(): Promise<string> | string;
  setTitle?(title: string): void;
  download?(url: string, name: string): void;
}

const host: Host = (window as unknown as { cloudfilmHost?: Host }).cloudfilmHost ?? {};
export const canScan = typeof host.scan === "function";
export const canClose = typeof host.close === "function";
export const canDownload = typeof host.download === "function";

/** WeChat opens no PDF inside its browser (a download is refused); ArkWeb shows none itself. */
export const opensPdf = !isWeChat && !(isArkWeb && !canDownload);

/** A picture is kept by a long press in web-views; a download link does nothing there. */
export const savesByLongPress = isWeChat || (isArkWeb && !canDownload);

/** The title, also where the host's own bar shows one. */
export function tellTitle(title: string): void {
  document.title = title;
  attempt(() => host.setTitle?.(title));
}

/** Back to the app. False where nobody offers that. */
export const closePage = (): boolean => canClose && attempt(() => host.close!());

/** A file by the host's own download. False where the browser has to do it. */
export const downloadByHost = (url: string, name: string): boolean => canDownload && attempt(() => host.download!(new URL(url, location.href).href, name));

const OURS = /^\/[qsg]\/[\w-]{22}$/;

/** By the host's scanner: the page of ours that the code leads to; "" for none, null for a code of
 * somebody else. */
export async function scanCode(): Promise<string | null> {
  const text = ((await host.scan?.()) ?? "").trim();
  if (!text) return "";
  try {
    const { origin, pathname } = new URL(text);
    return origin === location.origin && OURS.test(pathname) ? pathname : null;
  } catch {
    return null;
  }
}

/** What a host's function throws is the host's: the page goes on. */
function attempt(work: () => void): boolean {
  try {
    work();
    return true;
  } catch {
    return false;
  }
}
