/** Cloudfilm's viewer: our own, without a framework. `mountViewer` is all a page needs. */
import "./ui/styles.css";
import "./ui/rooms.css";
import { identityOf, shapeOf, type Manifest } from "./format/manifest";
import { mark } from "./ui/perf";
import type { ReaderIdentity } from "./ui/keeping";
import { Viewer } from "./ui/viewer";

export type { Manifest } from "./format/manifest";
export type { ReaderIdentity } from "./ui/keeping";

export interface MountOptions {
  studies: Manifest[];
  /** Where `series/...` is found. */
  base?: string;
  /** The series to open first. */
  series?: string;
  /** `2d` does without WebGL. */
  renderer?: string | null;
  /** The examination that is open, for what the server is asked beside the manifests. */
  exam?: string;
  /** Who reads: decides where marks are kept and what is offered. */
  reader?: ReaderIdentity | null;
  onBack?: () => void;
}

export interface MountedViewer {
  dispose(): void;
}

/** Fill `host` with a viewer. */
export function mountViewer(host: HTMLElement, options: MountOptions): MountedViewer {
  const viewer = new Viewer(host, { base: "/api/viewing/v1", ...options });
  viewer.start();
  const again = (): void => {
    viewer.dispose();
    mountViewer(host, options);
  };
  window.__viewer = Object.assign(contract(viewer), { reopen: again });
  mark("ready");
  return { dispose: () => viewer.dispose() };
}

function contract(viewer: Viewer): Record<string, unknown> {
  return {
    get count() {
      return viewer.shown?.entry.count ?? 0;
    },
    canvas: () => viewer.viewport.canvas,
    scrollTo: (index: number) => viewer.viewport.scrollTo(index),
    index: () => viewer.viewport.index,
    setWL: (center: number, width: number) => viewer.viewport.setWindow({ name: "", center, width }),
    windowLevel: () => viewer.viewport.currentWindow(),
    memory: () => ({ used: viewer.library.memory.used, budget: viewer.library.memory.budget }),
    renderer: () => viewer.viewport.deviceName,
    /** Stored values as the browser holds them, so that a test can hash them. */
    stored: async (index: number) => {
      const { entry } = viewer.shown;
      const frame = await viewer.loader.exact(index);
      const { uid, frame: number } = identityOf(entry, index);
      const { rows, cols, bitsStored, signed, pixels } = frame;
      return { sop_instance_uid: uid, frame: number, rows, cols, bits_stored: bitsStored, signed, pixels };
    },
    openMPR: () => viewer.volumes.open("mpr"),
    mprCanvas: () => viewer.volumes.planePane?.viewport.canvas,
    mprScroll: (index: number) => viewer.volumes.planePane?.viewport.scrollTo(index),
    openVR: () => viewer.volumes.open("vr"),
    vrCanvas: () => viewer.volumes.view3d?.canvas,
    vrRotate: (degrees: number) => viewer.volumes.view3d?.rotate(degrees),
    vrQuality: (step: number, px: number) => viewer.volumes.view3d?.setQuality(step, px),
    shape: (index: number) => shapeOf(viewer.shown.entry, index),
  };
}
