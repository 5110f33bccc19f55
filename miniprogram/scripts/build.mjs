// src/ -> dist/: what WeChat's own tool does with its TypeScript plugin, for tests and for upload
// without it.
import { spawnSync } from "node:child_process";
import { cpSync, rmSync } from "node:fs";

rmSync("dist", { recursive: true, force: true });
const { status } = spawnSync(process.execPath, ["node_modules/typescript/bin/tsc", "-p", "tsconfig.json"], { stdio: "inherit" });
if (status !== 0) process.exit(status ?? 1);
cpSync("src", "dist", { recursive: true, filter: (path) => !path.endsWith(".ts") });
