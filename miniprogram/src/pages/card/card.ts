// The QR card: a picture made by the server, enlarged on tap, saved into the album.
import { fetchPicture, wordsOf } from "../../lib/api";
import { who } from "../../lib/session";

Component({
  data: { picture: "", problem: "", needsSetting: false, isSaved: false },
  methods: {
    async onLoad({ exam = "" }: Record<string, string | undefined>) {
      try {
        this.setData({ picture: await fetchPicture(`/api/patient/v1/card.png?exam=${encodeURIComponent(exam)}`, await who()) });
      } catch (error) {
        this.setData({ problem: wordsOf(error) });
      }
    },
    enlarge() {
      void wx.previewImage({ urls: [this.data.picture], current: this.data.picture });
    },
    save() {
      wx.saveImageToPhotosAlbum({
        filePath: this.data.picture,
        success: () => this.setData({ isSaved: true, problem: "", needsSetting: false }),
        fail: ({ errMsg }) => {
          if (errMsg.includes("cancel")) return;
          const needsSetting = /auth|deny|denied/.test(errMsg);
          this.setData({ needsSetting, problem: needsSetting ? "需要您允许保存到相册。" : "没有保存成功,请长按图片保存。" });
        },
      });
    },
    openSetting() {
      wx.openSetting({ success: ({ authSetting }) => authSetting["scope.writePhotosAlbum"] && this.save() });
    },
  },
});
