"""The sender: the reference folder's `bench_store.py` (it cuts the files into PDUs before the clock
starts); without that folder our own C-STORE sender, which is slower but the same for all."""

import argparse
import asyncio
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from bench.receive.receivers import REPOSITORY, Running
from dicomnet.services.storage_scu import SendableObject, sendable
from dicomnet.transport.client import contexts_for, open_association

REFERENCE = REPOSITORY.parent / "shared" / "bench" / "bench_store.py"


def send(to: Running, folder: Path, associations: int) -> dict[str, Any]:
    """Send every file of the folder; {"images_per_s", "p99_ms", ...}."""
    script = [str(REFERENCE)] if REFERENCE.is_file() else ["-m", "bench.receive.send"]
    done = subprocess.run(
        [sys.executable, *script, "--port", str(to.port), "--aet", to.ae_title,
         "--folder", str(folder), "--assoc", str(associations), "--pid", str(to.pid)],
        check=False, capture_output=True, text=True, timeout=300, cwd=REPOSITORY,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"sender: {done.stdout[-300:]} {done.stderr[-300:]}")
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


async def _send_all(port: int, aet: str, items: list[SendableObject], count: int) -> list[float]:
    times: list[float] = []

    async def one(mine: list[SendableObject]) -> None:
        async with open_association(
            "127.0.0.1", port, called_ae=aet, contexts=contexts_for(mine)
        ) as peer:
            for item in mine:
                start = time.perf_counter()
                if await peer.send_store(item):
                    raise RuntimeError("refused")
                times.append(time.perf_counter() - start)

    await asyncio.gather(*(one(items[n::count]) for n in range(count)))
    return sorted(times)


def main() -> None:
    parser = argparse.ArgumentParser()
    for name in ("--port", "--assoc", "--pid"):
        parser.add_argument(name, type=int)
    for name in ("--aet", "--folder"):
        parser.add_argument(name)
    asked = parser.parse_args()
    items = [sendable(path) for path in sorted(Path(asked.folder).iterdir())]
    start = time.perf_counter()
    times = asyncio.run(_send_all(asked.port, asked.aet, items, asked.assoc))
    rate = len(times) / (time.perf_counter() - start)
    p99 = 1000 * times[int(0.99 * (len(times) - 1))]
    print(json.dumps({"images_per_s": round(rate, 1), "p99_ms": round(p99, 2)}))


if __name__ == "__main__":
    main()
