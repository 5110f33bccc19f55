// One examination: progress, the two doors (images, report), card, history, message when the report
// is there, and one tap for the next time.
import { fetchPicture, wordsOf } from "../../lib/api";
import { isLarge } from "../../lib/large";
import { ask, hasSession, keepHome, openedHome, who } from "../../lib/session";
import type { Home, Offer } from "../../lib/types";
import { openWeb } from "../../lib/web";
import { timeText } from "../../lib/words";

const POLL_MS = 15_000;
const REACHED = { scheduled: 0, cancelled: 0, awaiting_report: 1, completed: 2 } as const;

interface Step {
  word: string;
  time: string;
  isDone: boolean;
}

function stepsOf({ status, scheduled_at, acquired_at, reported_at }: Home["exam"]): Step[] {
  const reached = REACHED[status];
  const step = (word: string, time: string | null, at: number): Step => ({ word, time: reached >= at ? timeText(time) || "—" : "等待中", isDone: reached >= at });
  return [step("预约登记", scheduled_at, 0), step("完成检查", acquired_at, 1), step("报告完成", reported_at, 2)];
}

Component({
  data: {
    isLarge: false,
    home: null as Home | null,
    steps: [] as Step[],
    frames: 0,
    thumbnail: "",
    offers: [] as Offer[],
    templateId: "",
    isSubscribed: false,
    problem: "",
  },
  methods: {
    onLoad(options: Record<string, string | undefined>) {
      this.setData({ isLarge: isLarge(), offers: JSON.parse(decodeURIComponent(options.offers ?? "[]")) as Offer[] });
      if (!hasSession()) return void wx.reLaunch({ url: "/pages/people/people" });
      const home = openedHome();
      if (home) this.show(home);
      void this.findTemplate();
    },
    onShow() {
      this.startPolling();
    },
    onHide() {
      this.stopPolling();
    },
    onUnload() {
      this.stopPolling();
    },
    show(home: Home) {
      keepHome(home);
      const ready = home.images.filter((one) => one.state === "ready");
      this.setData({ home, steps: stepsOf(home.exam), frames: ready.reduce((sum, one) => sum + one.count, 0) });
      const url = ready.find((one) => one.thumbnail_url)?.thumbnail_url;
      if (url && !this.data.thumbnail) void this.loadThumbnail(url);
    },
    async loadThumbnail(url: string) {
      try {
        this.setData({ thumbnail: await fetchPicture(url, await who()) });
      } catch {
        this.setData({ thumbnail: "" }); // the door opens without its picture
      }
    },
    async refresh() {
      try {
        this.show(await ask<Home>("GET", `/api/patient/v1/home?exam=${this.data.home?.exam.id ?? ""}`));
        this.setData({ problem: "" });
      } catch (error) {
        this.setData({ problem: wordsOf(error) });
      }
    },
    startPolling() {
      this.stopPolling();
      const page = this as unknown as { timer?: number };
      page.timer = setInterval(() => {
        if (this.data.home?.exam.status !== "completed") void this.refresh();
      }, POLL_MS) as unknown as number;
    },
    stopPolling() {
      const page = this as unknown as { timer?: number };
      if (page.timer) clearInterval(page.timer);
      page.timer = undefined;
    },
    async go(target: string) {
      try {
        await openWeb(target);
      } catch (error) {
        this.setData({ problem: wordsOf(error) });
      }
    },
    openImages() {
      void this.go("/viewer");
    },
    openReport() {
      void this.go("/home");
    },
    openHistory() {
      void wx.navigateTo({ url: "/pages/history/history" });
    },
    openCard() {
      void wx.navigateTo({ url: `/pages/card/card?exam=${this.data.home?.exam.id ?? ""}` });
    },
    async findTemplate() {
      try {
        const { template_id } = await ask<{ template_id: string }>("GET", "/api/wechat/v1/people");
        this.setData({ templateId: template_id });
      } catch {
        this.setData({ templateId: "" }); // no message can be asked for; all else works
      }
    },
    subscribe() {
      const { templateId } = this.data;
      wx.requestSubscribeMessage({
        tmplIds: [templateId],
        success: async (answer) => {
          const result = (answer as unknown as Record<string, string>)[templateId];
          try {
            await ask("POST", "/api/wechat/v1/mini/subscriptions", { template_id: templateId, result });
            this.setData({ isSubscribed: result === "accept" });
          } catch (error) {
            this.setData({ problem: wordsOf(error) });
          }
        },
        fail: () => this.setData({ problem: "没有订阅成功。请在右上角「设置」里允许接收消息后再试。" }),
      });
    },
    async bind(event: WechatMiniprogram.TouchEvent) {
      try {
        await ask("POST", "/api/patient/v1/bindings", { relation: event.currentTarget.dataset.relation as string });
        this.setData({ offers: [] });
        void wx.showToast({ title: "下次一点就进" });
      } catch (error) {
        this.setData({ problem: wordsOf(error) });
      }
    },
  },
});
