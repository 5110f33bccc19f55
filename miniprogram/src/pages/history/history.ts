// All examinations of this person, in the order that they choose.
import { wordsOf } from "../../lib/api";
import { isLarge } from "../../lib/large";
import { ask, keepHome } from "../../lib/session";
import type { HistoryLine, Home } from "../../lib/types";
import { timeText } from "../../lib/words";

const SORTS = [
  { name: "time", label: "按时间" },
  { name: "name", label: "按项目" },
  { name: "hospital", label: "按院区" },
  { name: "modality", label: "按设备" },
];

Component({
  data: { isLarge: false, isLoading: true, sorts: SORTS, sort: "time", lines: [] as (HistoryLine & { when: string })[], problem: "" },
  methods: {
    onLoad() {
      this.setData({ isLarge: isLarge() });
      void this.load("time");
    },
    choose(event: WechatMiniprogram.TouchEvent) {
      void this.load(event.currentTarget.dataset.sort as string);
    },
    async load(sort: string) {
      this.setData({ sort, isLoading: true, problem: "" });
      try {
        const { exams } = await ask<{ exams: HistoryLine[] }>("GET", `/api/patient/v1/history?sort=${sort}&order=asc`);
        this.setData({ lines: exams.map((one) => ({ ...one, when: timeText(one.shown_time) })) });
      } catch (error) {
        this.setData({ problem: wordsOf(error) });
      } finally {
        this.setData({ isLoading: false });
      }
    },
    async open(event: WechatMiniprogram.TouchEvent) {
      try {
        keepHome(await ask<Home>("GET", `/api/patient/v1/home?exam=${event.currentTarget.dataset.exam}`));
        void wx.reLaunch({ url: "/pages/exam/exam" });
      } catch (error) {
        this.setData({ problem: wordsOf(error) });
      }
    },
  },
});
