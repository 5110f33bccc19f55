import { beforeEach, describe, expect, test, vi } from "vitest";
import { BASE, error, openPage, Phone, settle, TOKEN } from "./phone";

const CONSENT = { version: "v1", text: "我们怎样保护您的信息" };
const CODE = {
  state: "challenge",
  masked_name: "张*国",
  digits: { kind: "id_card", count: 6, allow_x: true, label: "身份证后六位" },
  exam: { status: "awaiting_report", status_label: "待诊断", shown_time: null },
  consent: CONSENT,
};
const HOME = {
  exam: { id: "e1", accession_number: "CT1", procedure: "胸部CT", body_part: "", modality: "CT", campus: "东院区", status: "awaiting_report", status_label: "待诊断", scheduled_at: null, acquired_at: new Date().toISOString(), reported_at: null },
  patient: { name: "张建国", sex: "男", age: "68岁", number: "P1", type_label: "住院" },
  report: null,
  images: [{ id: "s1", count: 168, state: "ready", thumbnail_url: "/api/viewing/v1/series/s1/thumbnail.png?r=1" }],
  history_count: 2,
};
const OPENED = { session: { token: "session-1", expires_at: "2030-01-01T00:00:00Z" }, home: HOME, bind_offer: [{ relation: "self", label: "本人" }] };
const PEOPLE = { people: [{ binding: "b1", masked_name: "张*国", relation_label: "本人", newest: { procedure: "胸部CT", status: "completed", status_label: "已完成" } }], template_id: "T1" };

let phone: Phone;
beforeEach(() => {
  document.body.innerHTML = "";
  phone = new Phone();
  phone.routes = {
    ...phone.routes,
    "GET /api/wechat/v1/people": { body: PEOPLE },
    [`GET /api/patient/v1/codes/${TOKEN}`]: { body: CODE },
    [`POST /api/patient/v1/codes/${TOKEN}/verify`]: { body: OPENED },
    "POST /api/wechat/v1/people/b1/enter": { body: OPENED },
    "POST /api/wechat/v1/mini/ticket": { body: { url: `${BASE}/enter/${TOKEN}`, expires_in: 60 } },
  };
});

const tap = async (page: Awaited<ReturnType<typeof openPage>>, selector: string) => {
  const found = page.querySelector(selector);
  expect(found, selector).toBeTruthy();
  found!.dispatchEvent("tap");
  await settle();
};

describe("a scanned code", () => {
  test("digits with the consent that was shown open the examination", async () => {
    const page = await openPage("code", { q: encodeURIComponent(`${BASE}/q/${TOKEN}`) });
    expect(page.dom.textContent).toContain("张*国 的检查");
    (page.instance as unknown as { onDigits(e: object): void }).onDigits({ detail: { value: "12101X" } });
    await tap(page, ".submit");
    const sent = phone.calls.find((one) => one.path.endsWith("/verify"))!;
    expect(sent.data).toEqual({ digits: "12101X", consent: "v1" });
    expect(sent.header.Authorization).toBe("Bearer login-1");
    expect(phone.went[0]).toMatch(/^\/pages\/exam\/exam\?offers=/);
  });

  test("too few digits ask nothing of the server", async () => {
    const page = await openPage("code", { scene: TOKEN });
    await tap(page, ".submit");
    expect(page.dom.textContent).toContain("请输入身份证后六位,共 6 位。");
    expect(phone.calls.some((one) => one.path.endsWith("/verify"))).toBe(false);
  });

  test("wrong digits say how many tries are left", async () => {
    phone.routes[`POST /api/patient/v1/codes/${TOKEN}/verify`] = error(403, "digits_wrong", "输入的数字不对,还可以再试 4 次。", { tries_left: 4 });
    const page = await openPage("code", { token: TOKEN });
    (page.instance as unknown as { onDigits(e: object): void }).onDigits({ detail: { value: "111111" } });
    await tap(page, ".submit");
    expect(page.dom.textContent).toContain("还可以再试 4 次");
    expect(page.data.digits).toBe("");
    expect(phone.went).toEqual([]);
  });

  test("a bound user enters by one tap", async () => {
    phone.routes[`GET /api/patient/v1/codes/${TOKEN}`] = { body: { ...CODE, consent: null, one_tap: { relation_label: "本人" } } };
    phone.routes[`POST /api/wechat/v1/codes/${TOKEN}/enter`] = { body: OPENED };
    const page = await openPage("code", { token: TOKEN });
    expect(page.querySelector(".digits")).toBeFalsy();
    await tap(page, ".enter");
    expect(phone.went[0]).toMatch(/^\/pages\/exam/);
  });

  test("a session that waits for consent opens by the same session after it", async () => {
    phone.routes[`POST /api/patient/v1/codes/${TOKEN}/verify`] = { body: { session: OPENED.session, consent: CONSENT } };
    phone.routes["POST /api/patient/v1/consent"] = { body: { session: { expires_at: "x" }, home: HOME } };
    const page = await openPage("code", { token: TOKEN });
    (page.instance as unknown as { onDigits(e: object): void }).onDigits({ detail: { value: "121017" } });
    await tap(page, ".submit");
    expect(phone.went).toEqual([]);
    expect(page.dom.textContent).toContain(CONSENT.text);
    await tap(page, ".agree");
    const sent = phone.calls.at(-1)!;
    expect([sent.path, sent.header.Cookie]).toEqual(["/api/patient/v1/consent", "cf_session=session-1"]);
    expect(phone.went[0]).toMatch(/^\/pages\/exam/);
  });

  test.each([
    ["another program's code", { q: encodeURIComponent("https://evil.example/q/" + TOKEN) }],
    ["a broken scene", { scene: "%E0%A4%A" }],
    ["no code at all", {}],
  ])("%s is said kindly and asks nothing", async (_, options) => {
    const page = await openPage("code", options as Record<string, string>);
    expect(page.dom.textContent).toContain("没有找到这个二维码");
    expect(phone.calls).toEqual([]);
  });

  test("no network is said as such", async () => {
    phone.routes[`GET /api/patient/v1/codes/${TOKEN}`] = "offline";
    const page = await openPage("code", { token: TOKEN });
    expect(page.dom.textContent).toContain("网络好像不通");
  });
});

describe("the WeChat login", () => {
  test("a code that was used up is asked anew, once", async () => {
    let tries = 0;
    phone.routes["POST /api/wechat/v1/mini/login"] = () =>
      ++tries === 1 ? error(401, "wechat_code_used", "微信登录已过期,请再试一次。") : { body: { token: "login-2", expires_at: "2030-01-01T00:00:00Z" } };
    const page = await openPage("people");
    expect(page.dom.textContent).toContain("张*国");
    expect(tries).toBe(2);
    tries = -100; // always refused from here on
    phone.kept.clear();
    phone.routes["POST /api/wechat/v1/mini/login"] = () => (tries++, error(401, "wechat_code_used", "微信登录已过期,请再试一次。"));
    const again = await openPage("people");
    expect(again.dom.textContent).toContain("微信登录已过期");
    expect(tries).toBe(-98);
  });

  test("a login that the server ended is made anew", async () => {
    let refused = false;
    phone.routes["GET /api/wechat/v1/people"] = () => (refused ? { body: PEOPLE } : ((refused = true), error(401, "wechat_login_needed", "请在微信中重新打开。")));
    const page = await openPage("people");
    expect(page.dom.textContent).toContain("张*国");
    expect(phone.calls.filter((one) => one.path.endsWith("/mini/login"))).toHaveLength(2);
  });
});

describe("people", () => {
  test("one tap opens somebody's newest examination", async () => {
    const page = await openPage("people");
    await tap(page, ".person");
    expect(phone.went).toEqual(["/pages/exam/exam"]);
  });

  test("unbinding asks first, then tells the server", async () => {
    phone.routes["POST /api/wechat/v1/people/b1/leave"] = { status: 204 };
    const page = await openPage("people");
    await tap(page, ".leave");
    expect(phone.wx.showModal).toHaveBeenCalled();
    expect(phone.calls.some((one) => one.path === "/api/wechat/v1/people/b1/leave")).toBe(true);
  });

  test("the scanner: ours, a share's, a stranger's", async () => {
    const page = await openPage("people");
    const follow = (page.instance as unknown as { follow(link: string): void }).follow.bind(page.instance);
    follow(`${BASE}/q/${TOKEN}`);
    follow(`${BASE}/s/${TOKEN}`);
    expect(phone.went).toEqual([`/pages/code/code?token=${TOKEN}`, `/pages/web/web?url=${encodeURIComponent(`${BASE}/s/${TOKEN}`)}`]);
    for (const link of ["https://evil.example/q/" + TOKEN, "javascript:alert(1)", `${BASE}.evil.example/q/${TOKEN}`, `${BASE}/q/short`]) follow(link);
    expect(phone.went).toHaveLength(2);
    await settle();
    expect(page.dom.textContent).toContain("这不是本院报告单上的二维码");
  });
});

async function openExam() {
  const page = await openPage("people");
  await tap(page, ".person");
  page.detach();
  return openPage("exam", { offers: encodeURIComponent(JSON.stringify(OPENED.bind_offer)) });
}

describe("an examination", () => {
  test("images open in the web-view by a one-time ticket", async () => {
    const page = await openExam();
    expect(page.dom.textContent).toContain("看影像(168 幅)");
    await tap(page, ".images");
    const sent = phone.calls.find((one) => one.path.endsWith("/mini/ticket"))!;
    expect(sent.data).toEqual({ session: "session-1", target: "/viewer" });
    expect(phone.went.at(-1)).toBe(`/pages/web/web?url=${encodeURIComponent(`${BASE}/enter/${TOKEN}`)}`);
  });

  test("what is not there yet cannot be opened", async () => {
    const page = await openExam();
    expect(page.dom.textContent).toContain("报告写完后可看");
  });

  test("one accept asks for one message", async () => {
    (phone.wx.requestSubscribeMessage as ReturnType<typeof vi.fn>).mockImplementation(({ success }: { success(r: object): void }) => success({ T1: "accept" }));
    phone.routes["POST /api/wechat/v1/mini/subscriptions"] = { status: 204 };
    const page = await openExam();
    await tap(page, ".subscribe");
    expect(phone.calls.at(-1)!.data).toEqual({ template_id: "T1", result: "accept" });
    expect(page.dom.textContent).toContain("微信会提醒您");
  });

  test("binding makes the next scan one tap", async () => {
    phone.routes["POST /api/patient/v1/bindings"] = { status: 201, body: { binding: "b2", relation: "self" } };
    const page = await openExam();
    await tap(page, ".bind");
    const sent = phone.calls.at(-1)!;
    expect([sent.data, sent.header.Cookie, sent.header.Authorization]).toEqual([{ relation: "self" }, "cf_session=session-1", "Bearer login-1"]);
    expect(page.data.offers).toEqual([]);
  });

  test("without a session there is nothing to see", async () => {
    await openPage("exam");
    expect(phone.went).toEqual(["/pages/people/people"]);
  });
});

describe("the card", () => {
  test("is fetched with the session, enlarged and saved", async () => {
    (phone.wx.saveImageToPhotosAlbum as ReturnType<typeof vi.fn>).mockImplementation(({ success }: { success(): void }) => success());
    const page = await openPage("card", { exam: "e1" });
    expect(phone.calls.at(-1)!.path).toBe("/api/patient/v1/card.png?exam=e1");
    await tap(page, ".picture");
    expect(phone.wx.previewImage).toHaveBeenCalled();
    await tap(page, ".save");
    expect(page.dom.textContent).toContain("已保存到相册");
  });

  test("an album that is closed to us leads to the settings", async () => {
    (phone.wx.saveImageToPhotosAlbum as ReturnType<typeof vi.fn>).mockImplementation(({ fail }: { fail(r: object): void }) => fail({ errMsg: "saveImageToPhotosAlbum:fail auth deny" }));
    const page = await openPage("card");
    await tap(page, ".save");
    await tap(page, ".setting");
    expect(phone.wx.openSetting).toHaveBeenCalled();
  });
});

describe("history and web-view", () => {
  test("sorted by the server, opened as the current examination", async () => {
    phone.routes["GET /api/patient/v1/history"] = { body: { exams: [{ id: "e2", procedure: "胸部正位片", campus: "东院区", status: "completed", status_label: "已完成", shown_time: null }] } };
    phone.routes["GET /api/patient/v1/home?exam=e2"] = { body: HOME };
    const page = await openPage("history");
    expect(page.dom.textContent).toContain("胸部正位片");
    await tap(page, ".line");
    expect(phone.went).toEqual(["/pages/exam/exam"]);
  });

  test("only the hospital's own pages", async () => {
    const ours = await openPage("web", { url: encodeURIComponent(`${BASE}/enter/${TOKEN}`) });
    expect(ours.data.url).toBe(`${BASE}/enter/${TOKEN}`);
    await openPage("web", { url: encodeURIComponent(`${BASE}.evil.example/`) });
    expect(phone.went).toEqual(["/pages/people/people"]);
  });
});
