// Pages of the hospital's own site inside the mini-program, and of nobody else's.
import { baseUrl } from "../../config";

Component({
  data: { url: "" },
  methods: {
    onLoad(options: Record<string, string | undefined>) {
      const url = decodeURIComponent(options.url ?? "");
      if (url.startsWith(`${baseUrl()}/`)) this.setData({ url });
      else void wx.reLaunch({ url: "/pages/people/people" });
    },
  },
});
