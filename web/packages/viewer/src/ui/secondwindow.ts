import { identityOf } from "../format/manifest";
import { nearestFrame, planeOf, toPatient, type Vec3 } from "../view/planes";
import { imagePoint } from "../view/points";
import type { Pane } from "./pane";
import type { Viewer } from "./viewer";

/** Where the reader is in another window. */
interface Place {
  kind: "place";
  /** Frame of reference and the middle of the slice, where the file says; and the slice itself. */
  space: string;
  point: Vec3 | null;
  normal: Vec3 | null;
  series: string;
  uid: string;
}

type Message = Place | { kind: "marks" };

const PARALLEL = 0.9;

/** A second window for a second monitor: it shows other series of the same examination, scrolls with
 * the first by position in the patient, and learns when marks were saved. Windows of one browser talk
 * over a channel of their own; nothing leaves the machine. */
export class SecondWindow {
  private readonly channel: BroadcastChannel | null;
  /** Where each pane was when this window last spoke of it or was moved by the other: a pane that is drawn
   * again at the same slice must not call the other window back from where its reader has gone since. */
  private readonly known = new WeakMap<Pane, { series: string; index: number }>();

  constructor(
    private readonly viewer: Viewer,
    name: string,
  ) {
    this.channel = typeof BroadcastChannel === "function" && name ? new BroadcastChannel(`cf.viewer.${name}`) : null;
    if (this.channel) this.channel.onmessage = (event: MessageEvent<Message>) => this.onMessage(event.data);
  }

  /** At the same address, with the next series that is not shown here. */
  open(): void {
    const shown = new Set(this.viewer.stage.panes.map((pane) => pane.source?.entry.id));
    const next = this.viewer.library.all.find(({ entry }) => entry.state === "ready" && !shown.has(entry.id)) ?? this.viewer.shown;
    const address = new URL(location.href);
    address.searchParams.set("series", next.entry.id);
    const opened = window.open(address, "_blank", `popup,width=${screen.availWidth},height=${screen.availHeight},left=${screen.availWidth}`);
    if (!opened) this.viewer.toast("浏览器拦住了新窗口,请允许本站弹出窗口后再试。");
  }

  tell(pane: Pane): void {
    if (!this.channel || !pane.source) return;
    const { entry } = pane.source;
    const { index } = pane.viewport;
    const before = this.known.get(pane);
    this.known.set(pane, { series: entry.id, index });
    if (!this.viewer.linking.isSyncScroll || before?.series !== entry.id || before.index === index) return;
    const plane = planeOf(entry, index);
    const place: Place = {
      kind: "place",
      space: entry.frame_of_reference_uid,
      point: plane && toPatient(plane, imagePoint(plane.cols / 2, plane.rows / 2)),
      normal: plane && plane.normal,
      series: entry.id,
      uid: identityOf(entry, index).uid,
    };
    this.channel.postMessage(place);
  }

  tellMarks(): void {
    this.channel?.postMessage({ kind: "marks" } satisfies Message);
  }

  dispose(): void {
    this.channel?.close();
  }

  private onMessage(message: Message): void {
    if (message.kind === "marks") return this.viewer.keeping.refetch();
    if (!this.viewer.linking.isSyncScroll) return;
    for (const pane of this.viewer.stage.panes) {
      const index = indexIn(pane, message);
      if (index === null || index === pane.viewport.index) continue;
      this.known.set(pane, { series: pane.source!.entry.id, index });
      void pane.viewport.scrollTo(index);
    }
  }
}

function indexIn(pane: Pane, place: Place): number | null {
  const entry = pane.source?.entry;
  const plane = entry && planeOf(entry, pane.viewport.index);
  if (!entry || !plane || !place.point || !place.normal || !place.space || entry.frame_of_reference_uid !== place.space) return null;
  const cosine = plane.normal[0] * place.normal[0] + plane.normal[1] * place.normal[1] + plane.normal[2] * place.normal[2];
  return Math.abs(cosine) < PARALLEL ? null : nearestFrame(entry, place.point);
}
