import { KINDS } from "../marks/kinds";
import type { MarkName } from "../marks/kind";
import { TURNS } from "../view/camera";
import { gridIcon, type IconShape } from "./icons";
import type { Tool } from "./pane";
import { canFullScreen, canOpenWindow } from "./platform";
import type { Viewer } from "./viewer";

/** From which width on a command stands on the tool bar; narrower screens have it in a sheet. */
export type Size = "phone" | "tablet" | "desk";
export type Group = "tools" | "measure" | "marks" | "picture" | "layout" | "volume" | "show";

/** One thing the reader can do: its button, its key, what it does. `id` is its data-testid. */
export interface Command {
  id: string;
  word: string;
  icon: IconShape;
  group: Group;
  bar?: Size;
  /** As KeyboardEvent.key, lower case; with Ctrl as "ctrl+z". */
  key?: string;
  isOn?(viewer: Viewer): boolean;
  isOff?(viewer: Viewer): boolean;
  /** Not for this reader, or not on this device. */
  isHidden?(viewer: Viewer): boolean;
  run(viewer: Viewer): void;
}

export const GROUP_WORDS: Record<Group, string> = {
  tools: "工具",
  measure: "测量与标注",
  marks: "标注管理",
  picture: "图像",
  layout: "布局与联动",
  volume: "三维",
  show: "显示",
};

const tool = (name: Tool, word: string, icon: IconShape, group: Group, key?: string, bar?: Size): Command => ({
  id: `tool-${name}`,
  word,
  icon,
  group,
  key,
  bar,
  isOn: (v) => v.tool === name,
  run: (v) => v.setTool(name),
});

const MARK_KEYS: Partial<Record<MarkName, string>> = { length: "l", angle: "a", rectangle: "b", ellipse: "e", probe: "c", arrow: "k", text: "t" };
const ON_BAR: Partial<Record<MarkName, Size>> = { length: "desk", angle: "desk", ellipse: "desk", rectangle: "desk", probe: "desk", arrow: "desk", text: "desk" };
const WORDS: Partial<Record<MarkName, string>> = { probe: "CT 值" };

const marks: Command[] = Object.values(KINDS).filter((kind) => kind.name !== "key").map((kind) =>
  tool(kind.name, WORDS[kind.name] ?? kind.word, kind.name, kind.name === "region" ? "tools" : "measure", MARK_KEYS[kind.name], ON_BAR[kind.name]),
);

const layouts: Command[] = [
  [1, 1],
  [1, 2],
  [2, 1],
  [2, 2],
  [2, 3],
  [3, 3],
  [4, 4],
].map(([rows, cols]) => ({
  id: `layout-${rows}x${cols}`,
  word: `${rows}×${cols}`,
  icon: gridIcon(rows, cols),
  group: "layout",
  isOn: (v) => v.stage.rows === rows && v.stage.cols === cols && !v.layouts.tiles.isOn,
  run: (v) => v.layouts.choose(rows, cols),
}));

const tiles: Command[] = [2, 3, 4].map((side) => ({
  id: `tiles-${side}`,
  word: `分格 ${side}×${side}`,
  icon: gridIcon(side, side),
  group: "layout",
  isOn: (v) => v.stage.rows === side && v.layouts.tiles.isOn,
  run: (v) => v.layouts.chooseTiles(side),
}));

const isNotStaff = (v: Viewer): boolean => !v.keeping.isShared;

/** Whether a shutter (S) or overlays (O) lie over the frame that is shown. */
const hasLayer = (v: Viewer, kind: string): boolean => v.viewport.shape()?.layers?.includes(kind) ?? false;

export const COMMANDS: Command[] = [
  tool("scroll", "翻页", "scroll", "tools", "s", "phone"),
  tool("window", "调窗", "window", "tools", "w", "phone"),
  tool("pan", "移动", "pan", "tools", "p", "tablet"),
  tool("zoom", "缩放", "zoom", "tools", "z", "tablet"),
  tool("magnifier", "放大镜", "magnifier", "tools", "m", "tablet"),
  tool("locate", "定位", "locate", "tools", "x", "desk"),
  ...marks,
  { id: "undo", word: "撤销", icon: "undo", group: "marks", key: "ctrl+z", bar: "desk", isOff: (v) => !v.marks.canUndo, run: (v) => v.marks.undo() },
  { id: "redo", word: "重做", icon: "redo", group: "marks", key: "ctrl+y", isOff: (v) => !v.marks.canRedo, run: (v) => v.marks.redo() },
  { id: "delete-mark", word: "删除选中", icon: "trash", group: "marks", key: "delete", isOff: (v) => !v.marks.selected, run: (v) => v.marking.deleteSelected() },
  { id: "clear-marks", word: "全部擦除", icon: "trash", group: "marks", isOff: (v) => !v.marks.all.length, run: (v) => v.marking.clearSeries() },
  {
    id: "key-image", word: "关键影像", icon: "key", group: "marks", key: "q", bar: "desk",
    isHidden: (v) => v.reader !== null && isNotStaff(v),
    isOn: (v) => v.shown !== undefined && v.marking.keyOn(v.shown.entry.id, v.viewport.index) !== undefined,
    run: (v) => v.marking.toggleKey(),
  },
  { id: "toggle-others", word: "他人标注", icon: "eye", group: "marks", isHidden: isNotStaff, isOn: (v) => v.keeping.hasOthers, isOff: (v) => !v.keeping.authors().length, run: (v) => v.keeping.toggleOthers() },
  { id: "toggle-marks", word: "显示标注", icon: "eye", group: "marks", key: "h", isOn: (v) => v.hasMarks, run: (v) => v.toggle("hasMarks") },
  { id: "turn-left", word: "左转", icon: "turnLeft", group: "picture", key: "[", run: (v) => v.turn(TURNS.left) },
  { id: "turn-right", word: "右转", icon: "turnRight", group: "picture", key: "]", bar: "desk", run: (v) => v.turn(TURNS.right) },
  { id: "flip-horizontal", word: "水平镜像", icon: "flipHorizontal", group: "picture", run: (v) => v.turn(TURNS.flipHorizontal) },
  { id: "flip-vertical", word: "垂直镜像", icon: "flipVertical", group: "picture", run: (v) => v.turn(TURNS.flipVertical) },
  {
    id: "invert", word: "反色", icon: "invert", group: "picture", key: "i", bar: "desk",
    isOn: (v) => v.viewport.look.isInverted,
    run: (v) => v.setLook({ isInverted: !v.viewport.look.isInverted }),
  },
  {
    id: "sharpen", word: "锐化", icon: "sharpen", group: "picture",
    isOn: (v) => v.viewport.look.sharpness > 0,
    run: (v) => v.setLook({ sharpness: v.viewport.look.sharpness > 0 ? 0 : 1 }),
  },
  { id: "toggle-overlays", word: "图形叠加", icon: "eye", group: "picture", isOn: (v) => v.viewport.look.hasOverlays, isHidden: (v) => !hasLayer(v, "O"), run: (v) => v.setLook({ hasOverlays: !v.viewport.look.hasOverlays }) },
  { id: "toggle-shutter", word: "遮幕", icon: "eye", group: "picture", isOn: (v) => v.viewport.look.hasShutter, isHidden: (v) => !hasLayer(v, "S"), run: (v) => v.setLook({ hasShutter: !v.viewport.look.hasShutter }) },
  { id: "fit", word: "适应窗口", icon: "fit", group: "picture", key: "f", run: (v) => v.view((port) => port.fitToBox()) },
  { id: "one-to-one", word: "原始大小", icon: "oneToOne", group: "picture", key: "1", run: (v) => v.view((port) => port.oneToOne()) },
  { id: "cine", word: "播放", icon: "play", group: "show", key: " ", bar: "tablet", isOn: (v) => v.cine.isPlaying, run: (v) => v.togglePlay() },
  ...layouts,
  ...tiles,
  { id: "hang-default", word: "默认挂片", icon: "layout", group: "layout", isHidden: isNotStaff, run: (v) => v.layouts.hangDefault() },
  { id: "hang-mine", word: "我的挂片", icon: "layout", group: "layout", isHidden: isNotStaff, isOff: (v) => !v.layouts.hasMine, run: (v) => v.layouts.hangMine() },
  { id: "save-hanging", word: "存为我的", icon: "check", group: "layout", isHidden: isNotStaff, run: (v) => void v.layouts.save() },
  { id: "compare", word: "既往对比", icon: "compare", group: "layout", isHidden: (v) => v.reader?.kind === "share", run: (v) => v.openPriors() },
  { id: "second-window", word: "第二窗口", icon: "windows", group: "layout", isHidden: (v) => v.size !== "desk" || !canOpenWindow(), run: (v) => v.second.open() },
  { id: "sync-scroll", word: "同步翻页", icon: "link", group: "layout", isOn: (v) => v.linking.isSyncScroll, run: (v) => v.toggleLink("isSyncScroll") },
  { id: "sync-view", word: "同步视图", icon: "link", group: "layout", isOn: (v) => v.linking.isSyncView, run: (v) => v.toggleLink("isSyncView") },
  { id: "reference-lines", word: "定位线", icon: "lines", group: "layout", isOn: (v) => v.linking.hasCuts, run: (v) => v.toggleLink("hasCuts") },
  { id: "mpr", word: "多平面 MPR", icon: "planes", group: "volume", key: "v", isOn: (v) => v.volumes.shown === "mpr", run: (v) => void v.volumes.toggle("mpr") },
  { id: "vr", word: "三维 VR", icon: "cube", group: "volume", isOn: (v) => v.volumes.shown === "vr", run: (v) => void v.volumes.toggle("vr") },
  { id: "toggle-corners", word: "四角信息", icon: "info", group: "show", key: "n", isOn: (v) => v.hasCorners, run: (v) => v.toggle("hasCorners") },
  { id: "corner-choice", word: "四角设置", icon: "list", group: "show", run: (v) => v.openCornerChoice() },
  { id: "large-text", word: "大字", icon: "text", group: "show", isOn: (v) => v.isLarge, run: (v) => v.toggleLarge() },
  { id: "tags", word: "DICOM 标签", icon: "list", group: "show", key: "d", isHidden: isNotStaff, run: (v) => v.openTags() },
  { id: "full-screen", word: "全屏", icon: "fullScreen", group: "show", isHidden: () => !canFullScreen(), isOn: () => document.fullscreenElement !== null, run: (v) => v.toggleFullScreen() },
  { id: "capture", word: "存为图片", icon: "capture", group: "show", run: (v) => void v.capture() },
  { id: "tour", word: "操作导览", icon: "help", group: "show", run: (v) => v.startTour() },
  { id: "help", word: "快捷键", icon: "keyboard", group: "show", key: "?", run: (v) => v.openHelp() },
  { id: "measure", word: "测量", icon: "measure", group: "tools", bar: "phone", run: (v) => v.sheet.toggle("measure") },
  { id: "reset", word: "复位", icon: "reset", group: "tools", key: "r", bar: "phone", run: (v) => v.reset() },
  { id: "more", word: "更多", icon: "more", group: "tools", bar: "phone", run: (v) => v.sheet.toggle("more") },
];

/** Commands of a bar this wide. */
export function barCommands(size: Size): Command[] {
  const order: Size[] = ["phone", "tablet", "desk"];
  return COMMANDS.filter((c) => c.bar && order.indexOf(c.bar) <= order.indexOf(size));
}

/** Commands of a sheet group that do not stand on the bar already. */
export const sheetCommands = (group: Group, size: Size): Command[] => {
  const onBar = new Set(barCommands(size));
  return COMMANDS.filter((c) => c.group === group && !onBar.has(c));
};
