// First page: for whom this WeChat user may look, and the scanner for a new code.
import { baseUrl } from "../../config";
import { wordsOf } from "../../lib/api";
import { isLarge, setLarge } from "../../lib/large";
import { placeOfLink } from "../../lib/links";
import { ask, keepSession } from "../../lib/session";
import type { Opened, Person } from "../../lib/types";

Component({
  data: { isLarge: false, isLoading: true, isBusy: false, people: [] as Person[], problem: "" },
  methods: {
    onShow() {
      this.setData({ isLarge: isLarge() });
      void this.load();
    },
    async load() {
      try {
        const { people } = await ask<{ people: Person[] }>("GET", "/api/wechat/v1/people");
        this.setData({ people, problem: "" });
      } catch (error) {
        this.setData({ problem: wordsOf(error) });
      } finally {
        this.setData({ isLoading: false });
      }
    },
    scan() {
      wx.scanCode({
        scanType: ["qrCode"],
        success: ({ result }) => this.follow(result),
        fail: ({ errMsg }) => {
          if (!errMsg.includes("cancel")) this.setData({ problem: "没有扫到二维码,请对准报告单再试一次。" });
        },
      });
    },
    follow(link: string) {
      const place = placeOfLink(link, baseUrl());
      if (!place) return this.setData({ problem: "这不是本院报告单上的二维码,请对准报告单重新扫描。" });
      this.setData({ problem: "" });
      if (place.kind === "code") void wx.navigateTo({ url: `/pages/code/code?token=${place.token}` });
      else void wx.navigateTo({ url: `/pages/web/web?url=${encodeURIComponent(link)}` });
    },
    async enter(event: WechatMiniprogram.TouchEvent) {
      if (this.data.isBusy) return;
      this.setData({ isBusy: true, problem: "" });
      try {
        const opened = await ask<Opened>("POST", `/api/wechat/v1/people/${event.currentTarget.dataset.binding}/enter`, {});
        keepSession(opened);
        if (opened.consent) void wx.navigateTo({ url: "/pages/code/code?consent=1" });
        else void wx.navigateTo({ url: "/pages/exam/exam" });
      } catch (error) {
        this.setData({ problem: wordsOf(error) });
      } finally {
        this.setData({ isBusy: false });
      }
    },
    leave(event: WechatMiniprogram.TouchEvent) {
      const { binding, name } = event.currentTarget.dataset as { binding: string; name: string };
      wx.showModal({
        title: "解除绑定",
        content: `解除后,查看${name}的检查需要重新扫码验证。`,
        confirmText: "解除",
        success: async ({ confirm }) => {
          if (!confirm) return;
          try {
            await ask("POST", `/api/wechat/v1/people/${binding}/leave`, {});
            await this.load();
          } catch (error) {
            this.setData({ problem: wordsOf(error) });
          }
        },
      });
    },
    toggleLarge() {
      this.setData({ isLarge: setLarge(!this.data.isLarge) });
    },
  },
});
