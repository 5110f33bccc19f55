import { Canvas2dDevice } from "../render/canvas2d";
import { enlarged } from "../view/viewport";
import { button, el } from "./dom";
import type { Pane } from "./pane";
import { canDownload } from "./platform";

const TIMES = 2;
const COPIED = ["fill", "fill-opacity", "stroke", "stroke-opacity", "stroke-width", "stroke-dasharray", "stroke-linejoin", "stroke-linecap", "paint-order", "font-family", "font-size", "text-anchor"];

/** What a pane shows, with its marks and scale but without any name, as a PNG; null when it shows
 * nothing. */
export async function capture(pane: Pane): Promise<Blob | null> {
  const { viewport } = pane;
  const placement = viewport.placement();
  const shape = viewport.shape();
  const picture = viewport.picture();
  if (!placement || !shape || !picture) return null;
  const canvas = el("canvas");
  const device = new Canvas2dDevice(canvas);
  const { clientWidth, clientHeight } = viewport.box;
  device.resize(clientWidth * TIMES, clientHeight * TIMES);
  device.draw(picture, enlarged(placement, TIMES), shape.rows, shape.cols);
  const context = canvas.getContext("2d")!;
  context.setTransform(1, 0, 0, 1, 0, 0);
  const marks = await drawn(pane.overlayRoot, clientWidth, clientHeight);
  context.drawImage(marks, 0, 0, canvas.width, canvas.height);
  const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, "image/png"));
  device.dispose();
  return blob;
}

/** An SVG as an image; styles of the page do not reach into one, so they are copied onto it. */
async function drawn(svg: SVGElement, width: number, height: number): Promise<HTMLImageElement> {
  const copy = svg.cloneNode(true) as SVGElement;
  const from = svg.querySelectorAll("*");
  copy.querySelectorAll("*").forEach((node, i) => {
    const style = getComputedStyle(from[i]);
    for (const name of COPIED) node.setAttribute(name, style.getPropertyValue(name));
  });
  copy.setAttribute("width", String(width));
  copy.setAttribute("height", String(height));
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(new XMLSerializer().serializeToString(copy))}`;
  await image.decode();
  return image;
}

/** Hand a file to the reader; where downloads are dropped, a picture to press long. */
export function save(blob: Blob, name: string, host: HTMLElement): void {
  if (!canDownload()) return void showPicture(blob, host);
  const url = URL.createObjectURL(blob);
  const link = el("a", { href: url, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** As a data URL: what is behind a blob's address cannot be kept by a long press in a web view. */
async function showPicture(blob: Blob, host: HTMLElement): Promise<void> {
  const url = await new Promise<string>((done) => {
    const reader = new FileReader();
    reader.onload = () => done(String(reader.result));
    reader.readAsDataURL(blob);
  });
  const dialog = el("dialog", { class: "cfv-dialog cfv-panel", "aria-label": "保存图片", "data-testid": "keep-picture" });
  dialog.append(el("h2", {}, "长按图片,存到相册"), el("img", { class: "cfv-kept", src: url, alt: "当前影像" }));
  dialog.append(button({ class: "cfv-choice cfv-primary", "data-testid": "close-picture" }, () => dialog.close(), "完成"));
  dialog.addEventListener("close", () => dialog.remove());
  host.append(dialog);
  dialog.showModal();
}
