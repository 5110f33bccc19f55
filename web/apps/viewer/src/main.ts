import "@cloudfilm/tokens/tokens.css";
import "./page.css";
import { mountViewer, type Manifest, type ReaderIdentity } from "@cloudfilm/viewer";

const HANDED = "cf.studies";
const host = document.getElementById("app")!;
const query = new URLSearchParams(location.search);

function message(title: string, text: string, action: string): void {
  const box = document.createElement("main");
  box.className = "message";
  const h1 = document.createElement("h1");
  h1.textContent = title;
  const p = document.createElement("p");
  p.textContent = text;
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = action;
  button.dataset.testid = "message-action";
  button.addEventListener("click", () => (action === "重试" ? location.reload() : history.back()));
  box.append(h1, p, button);
  host.replaceChildren(box);
}

interface Boot {
  studies?: Manifest[];
  viewer?: ReaderIdentity;
}

const boot = JSON.parse(document.getElementById("boot")?.textContent ?? "{}") as Boot;

/** The manifests came with the page, or with the verification; without either they are asked for. */
async function studies(): Promise<Manifest[] | null> {
  if (boot.studies) return boot.studies;
  const handed = sessionStorage.getItem(HANDED);
  if (handed) {
    sessionStorage.removeItem(HANDED);
    return JSON.parse(handed) as Manifest[];
  }
  const exam = query.get("exam");
  const url = "/api/viewing/v1/manifest" + (exam ? `?exam=${encodeURIComponent(exam)}` : "");
  const response = await fetch(url, { credentials: "same-origin" });
  if (response.status === 401) {
    message("请重新验证", "为保护隐私,登录已过期。请重新扫描报告单上的二维码。", "返回");
    return null;
  }
  if (!response.ok) throw new Error(`http_${response.status}`);
  return ((await response.json()) as { studies: Manifest[] }).studies;
}

async function start(): Promise<void> {
  if (boot.viewer && boot.viewer.kind !== "staff") document.querySelector("meta[name=theme-color]")?.setAttribute("content", "#FFFFFF");
  try {
    const found = await studies();
    if (!found) return;
    mountViewer(host, {
      studies: found,
      series: query.get("series") ?? undefined,
      renderer: query.get("renderer"),
      exam: query.get("exam") ?? "",
      reader: boot.viewer ?? null,
      onBack: () => history.back(),
    });
  } catch {
    message("影像没有打开", "网络可能不稳定,请检查后再试。", "重试");
  }
}

void start();
