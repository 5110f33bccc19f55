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

export const host: Host = (window as unknown as { cloudfilmHost?: Host }).cloudfilmHost ?? {};

/** WeChat opens no PDF inside its browser (a download is refused); ArkWeb shows none itself. */
export const opensPdf = !isWeChat && !(isArkWeb && !host.download);

/** A picture is kept by a long press in web-views; a download link does nothing there. */
export const savesByLongPress = isWeChat || (isArkWeb && !host.download);
