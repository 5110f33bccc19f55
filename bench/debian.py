"""Peers that Debian packages: installed when they are absent and we may (root, or sudo without a
password). Without that nothing happens, and the bench reports the peer as missing."""

import os
import shutil
import subprocess
from pathlib import Path

PROGRAMS = {
    "orthanc": "Orthanc",
    "orthanc-dicomweb": "/usr/share/orthanc/plugins/libOrthancDicomWeb.so",
    "dcmtk": "storescp",
    "postgresql": "initdb",
    "chromium": "chromium",
}
POLICY = Path("/usr/sbin/policy-rc.d")


def find(program: str) -> str | None:
    """The program's path; PostgreSQL's are not on the PATH in Debian."""
    if program.startswith("/"):
        return program if Path(program).is_file() else None
    found = shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if found is None:
        own = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"))
        found = str(own[-1]) if own else None
    return found


def install(*packages: str) -> None:
    """Install those whose program is not there. Never raises: what is missing is reported."""
    missing = [package for package in packages if find(PROGRAMS[package]) is None]
    as_root = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if not missing or not shutil.which("apt-get") or not _runs([*as_root, "true"]):
        return
    print(f"== installing {', '.join(missing)}")
    with_policy = not POLICY.exists()
    if with_policy:  # a package must not start a service of its own
        script = f"printf '#!/bin/sh\\nexit 101\\n' > {POLICY} && chmod +x {POLICY}"
        _runs([*as_root, "sh", "-c", script])
    try:
        _runs([*as_root, "apt-get", "update", "-qq"])
        quiet = ["env", "DEBIAN_FRONTEND=noninteractive"]
        options = ["-y", "-qq", "--no-install-recommends"]
        _runs([*as_root, *quiet, "apt-get", "install", *options, *missing])
    finally:
        if with_policy:
            _runs([*as_root, "rm", "-f", str(POLICY)])


def _runs(command: list[str]) -> bool:
    try:
        done = subprocess.run(command, capture_output=True, check=False, timeout=900)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
