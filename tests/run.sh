#!/usr/bin/env bash
# The whole proof on a fresh Debian machine: installs what the tests need (as root or by sudo),
# then lint, types, contracts, unit, flow and browser tests on private servers on loopback ports.
# Without root it names what is missing; the tests that need it skip and say so.
set -euo pipefail
cd "$(dirname "$0")/.."

declare -A NEEDS=(
  [postgresql]=/usr/lib/postgresql/*/bin/initdb
  [redis-server]=redis-server
  [mariadb-server]=mariadbd
  [chromium]=chromium
  [fonts-noto-cjk]=/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc
  [dcmtk]=storescu
  [orthanc]=Orthanc
  [orthanc-dicomweb]=/usr/share/orthanc/plugins/libOrthancDicomWeb.so
)

is_there() { # a command on the PATH (sbin too), or a file pattern
  case "$1" in
    /*) compgen -G "$1" >/dev/null ;;
    *) PATH="$PATH:/usr/sbin:/sbin" command -v "$1" >/dev/null ;;
  esac
}

missing=()
for package in "${!NEEDS[@]}"; do
  is_there "${NEEDS[$package]}" || missing+=("$package")
done

as_root=()
if [ "$(id -u)" -ne 0 ]; then as_root=(sudo -n); fi
if [ ${#missing[@]} -gt 0 ]; then
  if command -v apt-get >/dev/null && "${as_root[@]}" true 2>/dev/null; then
    echo "== installing: ${missing[*]}"
    # packages must not start services of their own: the tests start private ones
    policy=/usr/sbin/policy-rc.d
    if [ ! -e $policy ]; then
      printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee $policy >/dev/null
      "${as_root[@]}" chmod +x $policy
      trap '"${as_root[@]}" rm -f /usr/sbin/policy-rc.d' EXIT
    fi
    "${as_root[@]}" apt-get update -qq
    DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq --no-install-recommends \
      "${missing[@]}" >/dev/null
  else
    echo "== missing and not installable without root: ${missing[*]} (their tests will skip)"
  fi
fi

make --no-print-directory install TEST=1
.venv/bin/python -m tests.support.npm_peers
make --no-print-directory check
npm --prefix web test --silent
npm --prefix miniprogram test --silent
exec .venv/bin/python -m pytest -n "${WORKERS:-2}" --dist loadfile "$@"
