#!/usr/bin/env bash
# Makes the Python environment FOLDER from the hash-pinned LOCK file, and puts the command
# `cloudfilm` into it. Run by `make install`.
set -euo pipefail
folder=$1 lock=$2

if [ ! -w . ]; then
  echo "✗ 当前文件夹不能写入,请换一个位置。 This folder is read-only: put the project elsewhere." >&2
  exit 2
fi

python=""
for candidate in "${PYTHON:-}" python3.11 python3.12 python3; do
  [ -n "$candidate" ] || continue
  if "$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 13))' 2>/dev/null; then
    python=$candidate
    break
  fi
done
if [ -z "$python" ]; then
  echo "✗ 没有找到 Python 3.11。 Python 3.11 (or 3.12) is missing: install it, or name it with PYTHON=." >&2
  exit 2
fi
if ! "$python" -c 'import venv, ensurepip' 2>/dev/null; then
  echo "✗ Python 缺少 venv 模块。 Python's venv module is missing (Debian: apt install python3-venv)." >&2
  exit 2
fi

echo "== Python 环境 / the Python environment ($lock)"
[ -x "$folder/bin/python" ] || "$python" -m venv "$folder"
"$folder/bin/python" -m pip install --quiet --require-hashes --only-binary :all: -r "$lock"

# the project itself: importable from here, with its one command
packages=$("$folder/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
pwd >"$packages/cloudfilm.pth"
cat >"$folder/bin/cloudfilm" <<SCRIPT
#!$(pwd)/$folder/bin/python
import os, sys
os.environ.setdefault("NUMBA_CACHE_DIR", os.path.join(sys.prefix, "numba"))
from cli.main import main
sys.exit(main())
SCRIPT
chmod +x "$folder/bin/cloudfilm"
