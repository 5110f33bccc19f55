import "@cloudfilm/tokens/tokens.css";
import "./page.css";
import { createApp } from "vue";
import App from "./App.vue";

// WeChat's sign-in leaves its mark on every address that it leads back to
if (location.hash === "#wechat_redirect") history.replaceState(history.state, "", location.pathname + location.search);

createApp(App).mount("#app");
