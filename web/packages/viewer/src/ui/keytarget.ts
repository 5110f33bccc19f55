import type { KeyTarget } from "../input/keys";
import { COMMANDS } from "./commands";
import type { Viewer } from "./viewer";

/** What keys do in a viewer. */
export const keyTarget = (viewer: Viewer): KeyTarget => ({
  scrollBy: (n) => viewer.scroll(viewer.active, viewer.viewport.index + n),
  scrollToEnd: (isLast) => viewer.scroll(viewer.active, isLast ? viewer.active.count - 1 : 0),
  nextSeries: (step) => {
    const { all } = viewer.library;
    if (all.length) viewer.open((all.indexOf(viewer.shown) + step + all.length) % all.length);
  },
  command: (key) => {
    const command = COMMANDS.find((c) => c.key === key && !c.isHidden?.(viewer));
    if (command && !command.isOff?.(viewer)) command.run(viewer);
    return command !== undefined;
  },
  cancel: () => {
    if (viewer.pencil.draft) viewer.pencil.cancel();
    else viewer.sheet.close();
  },
  finish: () => viewer.marking.finish(),
});
