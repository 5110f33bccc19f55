import "@cloudfilm/tokens/tokens.css";
import "./page.css";
import { createApp } from "vue";
import App from "./App.vue";

createApp(App).mount("#app");
