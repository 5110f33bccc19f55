import "@cloudfilm/tokens/tokens.css";
import "./page.css";
import { grouped, kindOf, resolved, rowsOf, type Body, type Entry, type OpenApi, type Row } from "./document";

const OTHERS = "本院页面使用的接口";
const WHO: Record<string, string> = {
  public: "任何人",
  patient: "患者会话",
  guest: "患者或分享会话",
  owner: "患者或医务人员会话",
  viewer: "任何会话",
  staff: "医务人员会话",
  admin: "管理员会话",
  protocol: "客户端编号和密钥(OAuth 2.0)",
};
const host = document.getElementById("app")!;

function el(tag: string, attributes: Record<string, string>, ...children: (Node | string)[]): HTMLElement {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

function who(access: string): string {
  const [kind, scope] = access.split(":");
  return kind === "client" ? `访问令牌,权限 ${scope}` : (WHO[kind!] ?? access);
}

function table(rows: Row[]): HTMLElement {
  const head = el("tr", {}, ...["名称", "取值", "必填", "说明"].map((word) => el("th", { scope: "col" }, word)));
  const lines = rows.map((row) =>
    el("tr", {}, el("td", {}, el("code", {}, row.name)), el("td", {}, row.kind), el("td", {}, row.needed ? "是" : ""), el("td", {}, row.about)),
  );
  return el("div", { class: "wide" }, el("table", {}, el("thead", {}, head), el("tbody", {}, ...lines)));
}

function bodyOf(api: OpenApi, title: string, body: Body): HTMLElement[] {
  return Object.entries(body.content ?? {}).flatMap(([type, { schema }]) => {
    const rows = rowsOf(api, schema);
    const found = rows.length ? table(rows) : el("p", { class: "quiet" }, kindOf(resolved(api, schema)));
    return [el("h4", {}, `${title} `, el("code", {}, type)), found];
  });
}

function entry(api: OpenApi, { method, path, operation }: Entry): HTMLElement {
  const parts: HTMLElement[] = [el("p", { lang: "en" }, operation.description), el("p", { class: "quiet" }, `谁能调用:${who(operation["x-access"])}`)];
  if (operation.parameters.length) {
    const places: Record<string, string> = { path: "地址中", query: "查询参数" };
    const rows = operation.parameters.map((one) => ({
      name: one.name,
      kind: kindOf(one.schema),
      needed: one.required,
      about: [places[one.in] ?? one.in, one.description].filter(Boolean).join(","),
    }));
    parts.push(el("h4", {}, "参数"), table(rows));
  }
  if (operation.requestBody) parts.push(...bodyOf(api, "请求内容", operation.requestBody));
  for (const [status, body] of Object.entries(operation.responses)) {
    if (status !== "default" && status < "300") parts.push(...bodyOf(api, `应答 ${status}`, body));
  }
  const title = operation.tags ? [el("span", { class: "quiet" }, operation.summary)] : [];
  const head = el("summary", {}, el("b", { class: `method ${method.toLowerCase()}` }, method), el("span", { class: "what" }, el("code", {}, path), ...title));
  return el("details", { id: `${method} ${path}` }, head, ...parts);
}

function show(api: OpenApi): void {
  const groups = grouped(api, OTHERS);
  const links = [...groups.keys()].map((name) => el("a", { href: `#${encodeURIComponent(name)}` }, name));
  const sections = [...groups].map(([name, entries]) =>
    el("section", { id: name }, el("h2", {}, name), ...entries.map((one) => entry(api, one))),
  );
  host.replaceChildren(
    el("header", {}, el("h1", {}, "接口文档"), el("p", { class: "quiet" }, "供第三方系统对接。机器可读的同一份说明:", el("a", { href: "/openapi.json" }, "/openapi.json"))),
    el("nav", { "aria-label": "目录" }, ...links),
    el("section", {}, el("h2", {}, "约定"), el("ul", {}, ...RULES.map((rule) => el("li", {}, rule)))),
    ...sections,
  );
  if (location.hash) document.getElementById(decodeURIComponent(location.hash.slice(1)))?.scrollIntoView();
}

const RULES = [
  "出错时的应答是 {\"error\": {\"code\", \"message\", \"request_id\"}}:code 供程序判断,不会改变;message 是给人看的中文。",
  "时间一律是带时区的 ISO 8601。",
  "访问令牌放在请求头 Authorization: Bearer 中,不能放在地址里;由管理员登记客户端后,按 OAuth 2.0 取得。",
  "身份证号只能放在请求内容里,不能放在地址里;每次查询都有审计记录。",
  "次数超过上限时应答 429,请按 Retry-After 的秒数再来。",
];

fetch("/openapi.json")
  .then((response) => response.json() as Promise<OpenApi>)
  .then(show)
  .catch(() => host.replaceChildren(el("p", { role: "alert" }, "接口说明没有读到。请检查网络后刷新页面。")));
