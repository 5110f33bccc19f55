// node page.mjs HARNESS NET URL [cs3d QUERY]: what the harness's runner does not tell of a page: when the
// whole series is scrollable as preview, and how many bytes of script came. One JSON line on stdout.
import { createRequire } from "node:module";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [harness, net, url] = process.argv.slice(2);
const { chromium } = createRequire(join(harness, "package.json"))("playwright-core");
const { shape } = await import(pathToFileURL(join(harness, "shaper.mjs")).href);
const { serve } = await import(pathToFileURL(join(harness, "server.mjs")).href);
const LINK = { none: {}, "4g": { mbps: 20, upMbps: 5, rttMs: 40 } }[net];
const LIMIT_MS = 150_000;

const peers = await serve({});
const target = url.startsWith("/") ? { port: peers.port, path: url } : split(new URL(url));
const link = await shape({ target: target.port, ...LINK });
const profile = mkdtempSync(join(tmpdir(), "bench-viewer-"));
const context = await chromium.launchPersistentContext(profile, {
  executablePath: "/usr/bin/chromium",
  headless: true,
  args: ["--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist"],
  viewport: { width: 1280, height: 1060 },
});
try {
  const page = context.pages()[0] ?? (await context.newPage());
  await page.addInitScript(keepPictures);
  const asked = [];
  context.on("requestfinished", (request) => asked.push(request));
  await page.goto(`http://127.0.0.1:${link.port}${target.path}`, { waitUntil: "commit" });
  const preview = await poll(page, () => {
    const entry = performance.getEntriesByType("resource").find((one) => /\/preview\?/.test(one.name));
    if (entry?.responseEnd) return { at: entry.responseEnd, bytes: entry.transferSize };
    return window.__perf?.marks.allLoaded ? { at: null, bytes: 0 } : null;
  });
  const pictures = preview.at === null ? null : await page.evaluate(differentPictures);
  await poll(page, () => (window.__perf?.marks.allLoaded && window.__perf.marks.ready ? {} : null));
  console.log(JSON.stringify({ preview_ms: preview.at, preview_bytes: preview.bytes, pictures, ...(await sizes(asked)) }));
} finally {
  await context.close();
  link.close();
  peers.close();
  rmSync(profile, { recursive: true, force: true });
}
process.exit(0);

function split(address) {
  return { port: Number(address.port), path: address.pathname + address.search };
}

async function poll(page, look) {
  const end = Date.now() + LIMIT_MS;
  while (Date.now() < end) {
    const found = await page.evaluate(look).catch(() => null);
    if (found) return found;
    await new Promise((wake) => setTimeout(wake, 20));
  }
  throw new Error("time limit");
}

/** Bytes on the wire of script (JavaScript and WebAssembly), with their number. */
async function sizes(requests) {
  let script = 0, scripts = 0;
  for (const request of requests) {
    if (!/\.(m?js|wasm)$/.test(new URL(request.url()).pathname)) continue;
    const size = await request.sizes();
    script += size.responseBodySize + size.responseHeadersSize;
    scripts++;
  }
  return { script_bytes: script, scripts };
}

// In the page: a WebGL canvas can be read after its frame.
function keepPictures() {
  const original = HTMLCanvasElement.prototype.getContext;
  HTMLCanvasElement.prototype.getContext = function (kind, options) {
    const kept = /webgl/.test(kind) ? { ...options, preserveDrawingBuffer: true } : options;
    return original.call(this, kind, kept);
  };
}

// In the page: how many of eight places all over the series show a picture of their own.
async function differentPictures() {
  const viewer = window.__viewer;
  const small = document.createElement("canvas");
  small.width = small.height = 48;
  const brush = small.getContext("2d", { willReadFrequently: true });
  const seen = new Set();
  for (let place = 0; place < 8; place++) {
    await viewer.scrollTo(Math.round((place * (viewer.count - 1)) / 7));
    brush.drawImage(viewer.canvas(), 0, 0, 48, 48);
    seen.add(brush.getImageData(0, 0, 48, 48).data.join());
  }
  return seen.size;
}
