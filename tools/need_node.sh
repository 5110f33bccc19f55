#!/usr/bin/env bash
# One clear sentence when Node.js is missing or too old. Run by `make install`.
set -euo pipefail
if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
  echo "✗ 没有找到 Node.js,请先安装 Node.js 20。 Node.js is missing: install Node.js 20 first." >&2
  exit 2
fi
version=$(node -p 'process.versions.node.split(".")[0]')
if [ "$version" -lt 20 ]; then
  echo "✗ Node.js $version 版本过低,需要 20 或更高。 Node.js $version is too old: 20 or newer is needed." >&2
  exit 2
fi
