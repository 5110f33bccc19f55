// A phone with the hospital's server behind it: routes answer what a test says, and calls are kept.
import { createRequire } from "node:module";
import path from "node:path";
import simulate from "miniprogram-simulate";
import { vi } from "vitest";

export interface Call {
  method: string;
  path: string;
  header: Record<string, string>;
  data: Record<string, unknown> | undefined;
}

type Answer = { status?: number; body?: unknown } | "offline";
type Route = Answer | ((call: Call) => Answer);

export const BASE = "https://film.example.org";
export const TOKEN = "AbCdEfGhIjKlMnOpQrStUv";

export class Phone {
  readonly calls: Call[] = [];
  readonly went: string[] = [];
  static busy = 0;
  readonly kept = new Map<string, unknown>();
  routes: Record<string, Route> = {
    "POST /api/wechat/v1/mini/login": { body: { token: "login-1", expires_at: new Date(Date.now() + 3600_000).toISOString() } },
  };
  readonly wx: Record<string, unknown>;

  constructor() {
    forgetModules();
    const go = ({ url }: { url: string }) => void this.went.push(url);
    this.wx = {
      getStorageSync: (key: string) => this.kept.get(key) ?? "",
      setStorageSync: (key: string, value: unknown) => void this.kept.set(key, value),
      removeStorageSync: (key: string) => void this.kept.delete(key),
      login: ({ success }: { success(r: object): void }) => success({ code: `js-${this.calls.length}` }),
      request: (options: { url: string; method: string; header: Record<string, string>; data?: object; success(r: object): void; fail(r: object): void }) => this.request(options),
      downloadFile: ({ url, header, success }: { url: string; header: Record<string, string>; success(r: object): void }) => {
        this.calls.push({ method: "FILE", path: url.slice(BASE.length), header, data: undefined });
        later(() => success({ statusCode: 200, tempFilePath: "wxfile://tmp.png" }));
      },
      navigateTo: go,
      redirectTo: go,
      reLaunch: go,
      showToast: vi.fn(),
      scanCode: vi.fn(),
      showModal: vi.fn(({ success }: { success(r: object): void }) => success({ confirm: true })),
      previewImage: vi.fn(),
      openSetting: vi.fn(),
      requestSubscribeMessage: vi.fn(),
      saveImageToPhotosAlbum: vi.fn(),
    };
    Object.assign((globalThis as unknown as { wx: object }).wx, this.wx);
  }

  private request({ url, method, header, data, success, fail }: { url: string; method: string; header: Record<string, string>; data?: object; success(r: object): void; fail(r: object): void }): void {
    const call: Call = { method, path: url.slice(BASE.length), header, data: data as Call["data"] };
    this.calls.push(call);
    const found = Object.entries(this.routes).find(([route]) => `${method} ${call.path}`.startsWith(route));
    const route = found?.[1] ?? { status: 404, body: { error: { code: "not_found", message: "没有找到。" } } };
    const answer = typeof route === "function" ? route(call) : route;
    later(() => (answer === "offline" ? fail({ errMsg: "request:fail" }) : success({ statusCode: answer.status ?? 200, data: answer.body ?? {} })));
  }
}

function later(answer: () => void): void {
  Phone.busy += 1;
  setTimeout(() => {
    Phone.busy -= 1;
    answer();
  });
}

/** A program that starts anew remembers nothing but what it stored. */
function forgetModules(): void {
  const { cache } = createRequire(import.meta.url);
  for (const file of Object.keys(cache)) if (file.startsWith(path.resolve("dist"))) delete cache[file];
}

/** A page on the screen, its `onLoad` and `onShow` done. */
export async function openPage(name: string, options: Record<string, string> = {}) {
  const page = simulate.render(simulate.load(path.resolve(`dist/pages/${name}/${name}`), "main", { compiler: "simulate" }));
  page.attach(document.body);
  const own = page.instance as unknown as { onLoad?(o: object): unknown; onShow?(): unknown };
  await own.onLoad?.(options);
  await own.onShow?.();
  await settle();
  return page;
}

/** Until the server owes no answer and the page has drawn what came. */
export async function settle(): Promise<void> {
  for (let calm = 0; calm < 4; ) {
    await simulate.sleep(5);
    calm = Phone.busy ? 0 : calm + 1;
  }
}
export const error = (status: number, code: string, message: string, more: object = {}): Answer => ({ status, body: { error: { code, message, ...more } } });
