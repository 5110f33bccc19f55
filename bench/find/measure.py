"""Each question many times over one open association; the median counts."""

import asyncio
import contextlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from assembly.settings import Settings
from bench.debian import find as program
from bench.debian import install
from bench.find.archive import FIRST, STEP_S, file_of, fill
from bench.receive import receivers
from bench.receive.database import fresh_database, postgres
from bench.receive.receivers import Running, free_port, process
from bench.report import FOLDER, figure
from dicomnet.services.negotiation import STUDY_ROOT_FIND
from dicomnet.services.storage_scu import sendable
from dicomnet.transport.client import contexts_for, open_association
from dicomnet.transport.query_client import find, query_contexts
from imaging.dicom.writer import write_dataset
from storage.migrate import migrate

MILLION = 1_000_000
BESIDE = 5_000
REPEATS = 15
Keys = dict[str, str]


def questions(count: int) -> dict[str, tuple[Keys, int]]:
    """Name -> keys and how many studies match."""
    middle = count // 2
    at = FIRST.timestamp() + STEP_S * middle
    day = f"{time.strftime('%Y%m%d', time.localtime(at))}"
    return {
        "patient ID": ({"PatientID": f"P{middle}"}, 1),
        "accession number": ({"AccessionNumber": f"A{middle}"}, 1),
        "name": ({"PatientName": f"{_name(middle)}*"}, 0),
        "name in Chinese": ({"PatientName": f"王小明{middle}"}, 1),
        "part of a name": ({"PatientName": f"*小明{middle}*"}, 0),
        "one day": ({"StudyDate": day}, 0),
        "study UID": ({"StudyInstanceUID": f"1.2.3.{middle}"}, 1),
    }


def _name(n: int) -> str:
    from bench.find.archive import values_of

    return str(values_of(n)["PatientName"]).partition("=")[0]


def run(*, quick: bool = False) -> None:
    install("orthanc", "postgresql")
    folder = FOLDER / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix="run-") as temporary:
        Path(temporary).chmod(0o755)
        with postgres(Path(temporary)) as port:
            if port is None:
                for name in questions(BESIDE):
                    figure("find", name, "ms", "lower", None, "Orthanc", None,
                           missing="PostgreSQL is not installed")  # fmt: skip
                return
            repeats = 5 if quick else REPEATS
            _beside(port, Path(temporary), repeats)
            _million(port, Path(temporary), repeats, MILLION // 10 if quick else MILLION)


def _beside(port: int, folder: Path, repeats: int) -> None:
    names = questions(BESIDE)
    if not program("Orthanc"):
        with ours(port, folder / "ours", BESIDE) as running:
            (mine,) = measure([running], BESIDE, repeats)
        theirs: dict[str, float] = {}
    else:
        (folder / "orthanc").mkdir()
        with (
            ours(port, folder / "ours", BESIDE) as running,
            receivers.orthanc(folder / "orthanc") as orthanc,
        ):
            asyncio.run(_send(orthanc, BESIDE))
            mine, theirs = measure([running, orthanc], BESIDE, repeats)
        shutil.rmtree(folder / "orthanc")
    for name in names:
        why = "it does not find it so" if theirs else "Orthanc is not installed"
        more = {} if name in theirs else {"missing": why}
        figure("find", f"{name}, {BESIDE} studies", "ms", "lower", mine[name], "Orthanc",
               theirs.get(name), **more)  # fmt: skip


def _million(port: int, folder: Path, repeats: int, count: int) -> None:
    with ours(port, folder / "million", count) as running:
        (mine,) = measure([running], count, repeats)
        for name, value in mine.items():
            figure("find", f"{name}, {count} studies", "ms", "lower", value, "Orthanc", None,
                   missing="so many cannot be filed there in a bench")  # fmt: skip


@contextmanager
def ours(postgres_port: int, folder: Path, count: int) -> Iterator[Running]:
    url = asyncio.run(fresh_database(postgres_port))
    asyncio.run(migrate(Settings(data_dir=folder, database_url=url).resolved_database_url()))
    asyncio.run(fill(url, count))
    port = free_port()
    environment = {
        "CLOUDFILM_DATA_DIR": str(folder), "CLOUDFILM_DATABASE_URL": url,
        "CLOUDFILM_OBJECT_STORE_URL": "", "CLOUDFILM_DICOM_PORT": str(port),
    }  # fmt: skip
    with process([sys.executable, "-m", "workers.receiver"], port, **environment) as pid:
        yield Running(port, "CLOUDFILM", pid)


async def _send(to: Running, count: int) -> None:
    first = sendable(file_of(0))
    async with open_association(
        "127.0.0.1", to.port, called_ae=to.ae_title, contexts=contexts_for([first])
    ) as peer:
        for n in range(count):
            if await peer.send_store(sendable(file_of(n))):
                raise RuntimeError("refused")


def measure(servers: list[Running], count: int, repeats: int) -> list[dict[str, float]]:
    """Milliseconds by question, of each server."""
    subprocess.run(["sync"], check=True)
    return asyncio.run(_measure(servers, questions(count), repeats))


async def _measure(
    servers: list[Running], asked: dict[str, tuple[Keys, int]], repeats: int
) -> list[dict[str, float]]:
    """The servers take turns at each question, so that others' work on the machine hits both."""
    found: list[dict[str, float]] = [{} for _ in servers]
    async with contextlib.AsyncExitStack() as held:
        peers = [
            await held.enter_async_context(
                open_association(
                    "127.0.0.1", to.port, called_ae=to.ae_title,
                    contexts=query_contexts([STUDY_ROOT_FIND]),
                )
            )
            for to in servers
        ]  # fmt: skip
        for name, (keys, expected) in asked.items():
            times: list[list[float]] = [[] for _ in servers]
            counts = [0 for _ in servers]
            for _ in range(repeats):
                for n, peer in enumerate(peers):
                    start = time.perf_counter()
                    answers = [one async for one in find(peer, STUDY_ROOT_FIND, _identifier(keys))]
                    times[n].append(1000 * (time.perf_counter() - start))
                    counts[n] = len(answers)
            for n, to in enumerate(servers):
                if counts[n] and expected in (0, counts[n]):
                    found[n][name] = round(statistics.median(times[n]), 2)
                elif to.ae_title == "CLOUDFILM":
                    raise RuntimeError(f"{name} has {counts[n]} answers")
    return found


def _identifier(keys: Keys) -> Callable[[str], bytes]:
    wanted = dict.fromkeys(
        ("StudyInstanceUID", "PatientID", "PatientName", "StudyDate", "AccessionNumber"), ""
    )
    values = {"SpecificCharacterSet": "ISO_IR 192", "QueryRetrieveLevel": "STUDY"} | wanted | keys
    return lambda syntax: write_dataset(values, syntax)
