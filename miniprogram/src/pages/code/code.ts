// A scanned code: who it is (masked), one tap for those who are bound, digits for everybody else,
// and the consent text before anything is shown.
import { baseUrl } from "../../config";
import { ApiError, wordsOf } from "../../lib/api";
import { isLarge } from "../../lib/large";
import { placeOfOptions } from "../../lib/links";
import { ask, keepSession } from "../../lib/session";
import type { CodeState, Consent, Offer, Opened } from "../../lib/types";
import { timeText } from "../../lib/words";

interface Shown extends CodeState {
  one_tap?: { relation_label: string };
}

const ENDS: Record<string, [string, string]> = {
  unknown: ["没有找到这个二维码", "请对准报告单重新扫描一次。如果还是不行,请到放射科窗口重新打印。"],
  revoked: ["二维码已失效", "请到放射科窗口重新打印一张,再扫描新的二维码。"],
  unverifiable: ["暂时不能在手机上查看", "医院还没有登记您的证件号或手机号。请携带证件到放射科窗口补登,之后再扫描同一个二维码就可以了。"],
};

Component({
  data: {
    isLarge: false,
    isLoading: true,
    isBusy: false,
    token: "",
    shown: null as Shown | null,
    time: "",
    end: null as [string, string] | null,
    digits: "",
    problem: "",
    consent: null as Consent | null,
    isTextOpen: false,
    isWaiting: false,
    offers: [] as Offer[],
  },
  methods: {
    async onLoad(options: Record<string, string | undefined>) {
      this.setData({ isLarge: isLarge() });
      if (options.consent) return this.askConsent();
      const place = placeOfOptions(options, baseUrl());
      if (place?.kind !== "code") return this.setData({ isLoading: false, end: ENDS.unknown! });
      this.setData({ token: place.token });
      try {
        const shown = await ask<Shown>("GET", `/api/patient/v1/codes/${place.token}`);
        this.setData({ shown, consent: shown.consent, end: ENDS[shown.state] ?? null, time: timeText(shown.exam?.shown_time ?? null) });
      } catch (error) {
        const isUnknown = error instanceof ApiError && error.code === "code_unknown";
        this.setData(isUnknown ? { end: ENDS.unknown! } : { problem: wordsOf(error) });
      } finally {
        this.setData({ isLoading: false });
      }
    },
    async askConsent() {
      try {
        const { consent } = await ask<{ consent: Consent }>("GET", "/api/patient/v1/consent");
        this.setData({ consent, isWaiting: true, isTextOpen: true });
      } catch (error) {
        this.setData({ problem: wordsOf(error) });
      } finally {
        this.setData({ isLoading: false });
      }
    },
    onDigits(event: WechatMiniprogram.Input) {
      this.setData({ digits: event.detail.value, problem: "" });
    },
    toggleText() {
      this.setData({ isTextOpen: !this.data.isTextOpen });
    },
    enter() {
      void this.open(`/api/wechat/v1/codes/${this.data.token}/enter`, {});
    },
    submit() {
      const { digits, shown, token } = this.data;
      const question = shown?.digits;
      if (!question) return;
      if (digits.trim().length !== question.count) return this.setData({ problem: `请输入${question.label},共 ${question.count} 位。` });
      void this.open(`/api/patient/v1/codes/${token}/verify`, { digits: digits.trim() });
    },
    agree() {
      void this.open("/api/patient/v1/consent", {});
    },
    async open(path: string, body: object) {
      if (this.data.isBusy) return;
      this.setData({ isBusy: true, problem: "" });
      try {
        const version = this.data.consent ? { consent: this.data.consent.version } : {};
        const opened = await ask<Opened>("POST", path, { ...body, ...version });
        keepSession(opened);
        if (opened.consent) return this.setData({ consent: opened.consent, isWaiting: true, isTextOpen: true });
        const offers = encodeURIComponent(JSON.stringify(opened.bind_offer ?? []));
        void wx.redirectTo({ url: `/pages/exam/exam?offers=${offers}` });
      } catch (error) {
        this.setData({ problem: wordsOf(error), digits: "" });
      } finally {
        this.setData({ isBusy: false });
      }
    },
  },
});
