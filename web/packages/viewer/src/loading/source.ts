import type { Frame } from "../format/frame";
import type { SeriesEntry } from "../format/manifest";
import type { PreviewPicture } from "../format/preview";

/** Where a view gets its frames: a series from the network, or planes cut through a volume. */
export interface FrameSource {
  readonly entry: SeriesEntry;
  /** Codes of the frames that cannot be shown. */
  readonly problems: ReadonlyMap<number, string>;
  /** The exact frame when it is here. */
  frameAt(index: number): Frame | undefined;
  /** A reduced picture of this frame, or of the nearest one that has come. */
  previewNear(index: number): PreviewPicture | null;
  /** The reader is here now. */
  moveTo(index: number): void;
}
