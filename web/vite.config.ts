import vue from "@vitejs/plugin-vue";
import { defineConfig } from "vitest/config";

// Each page is its own entry: patients', doctors' and consent (Vue), the viewer's (no framework).
const path = (relative: string): string => new URL(relative, import.meta.url).pathname;

export default defineConfig({
  root: path("./apps"),
  base: "/",
  plugins: [vue()],
  build: {
    outDir: path("../bff/pages"),
    emptyOutDir: true,
    target: "es2020",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: {
      input: {
        consent: path("./apps/consent/index.html"),
        docs: path("./apps/docs/index.html"),
        patient: path("./apps/patient/index.html"),
        doctor: path("./apps/doctor/index.html"),
        viewer: path("./apps/viewer/index.html"),
      },
    },
  },
  worker: { format: "es" },
  test: { root: path("."), include: ["packages/*/test/**/*.test.ts", "apps/*/test/**/*.test.ts"] },
});
