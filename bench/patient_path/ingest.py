"""A scanner beside the patients: CTs that are new to the product, at a fixed rate on a few
associations, until it is stopped. `python -m bench.patient_path.ingest PORT IMAGES_PER_S`."""

import asyncio
import itertools
import os
import sys

from bench.patient_path.exams import slices
from dicomnet.transport.client import contexts_for, open_association

ASSOCIATIONS = 4
SLICES = 60


async def _scanner(number: int, port: int, every_s: float) -> None:
    loop = asyncio.get_running_loop()
    due = loop.time()
    for study in itertools.count():
        name = f"IN{os.getpid()}{number}{study:04d}"
        items = await asyncio.to_thread(lambda: list(slices(name, name, SLICES)))  # noqa: B023
        async with open_association(
            "127.0.0.1", port, called_ae="CLOUDFILM", contexts=contexts_for(items)
        ) as peer:
            due = max(due, loop.time() - 1)
            for item in items:
                due += every_s
                await asyncio.sleep(due - loop.time())
                if await peer.send_store(item):
                    raise RuntimeError("refused")


async def _main(port: int, rate: float) -> None:
    async with asyncio.TaskGroup() as scanners:
        for number in range(ASSOCIATIONS):
            scanners.create_task(_scanner(number, port, ASSOCIATIONS / rate))


if __name__ == "__main__":
    asyncio.run(_main(int(sys.argv[1]), float(sys.argv[2])))
