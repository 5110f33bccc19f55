// The PDF writer needs a TrueType font with Chinese outlines; it travels with the built pages.
import { cpSync, existsSync, mkdirSync, readdirSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const from = resolve(here, "../node_modules/@expo-google-fonts/noto-sans-sc");
const to = resolve(here, "../../bff/pages/fonts");
mkdirSync(to, { recursive: true });
cpSync(join(from, "400Regular/NotoSansSC_400Regular.ttf"), join(to, "NotoSansSC-Regular.ttf"));
for (const name of readdirSync(from)) {
  if (/^(licen[sc]e|ofl)/i.test(name)) cpSync(join(from, name), join(to, name));
}
if (!existsSync(join(to, "NotoSansSC-Regular.ttf"))) throw new Error("the Chinese font is missing");
