"""The process that looks inside images: it may die, hang up or be asked nonsense, and whoever asks
gets an answer."""

import asyncio
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from assembly.pixel_channel import PixelClient
from assembly.runtime import Runtime
from domain.errors import Defect, FilmError, NotAcceptable, NotFound, Unavailable
from storage.objects.local import sha256_of
from tests.conftest import REPOSITORY
from tests.support.images import images
from workers.pixels import pixel_server


async def question(runtime: Runtime, data: bytes) -> dict[str, object]:
    sha256 = sha256_of([data])
    key = f"instances/{sha256}.dcm"
    await runtime.objects.put(key, data)
    return {"key": key, "sha256": sha256, "size": len(data)}


async def test_nonsense_is_an_error_and_the_line_goes_on(runtime: Runtime) -> None:
    good = await question(runtime, images()[0])
    rotten = await question(runtime, images()[0][:5000])
    noise = await question(runtime, b"\xff" * 4000)
    missing = {"key": "instances/none.dcm", "sha256": "0" * 64, "size": 9}
    huge = good | {"size": 1 << 40, "sha256": "1" * 64}
    cases: list[tuple[str, dict[str, object], type[FilmError]]] = [
        ("nonsense", good, Defect),
        ("layout", {}, Defect),
        ("layout", missing, NotFound),
        ("layout", noise, NotAcceptable),
        ("frame", rotten | {"frame": 0}, NotAcceptable),
        ("frame", good | {"frame": 7}, NotFound),
        ("transcode", good | {"syntax": "1.2.3"}, NotAcceptable),
        ("transcode", huge | {"syntax": "1.2.840.10008.1.2.1"}, NotAcceptable),
        ("bulk", good | {"path": "x"}, NotFound),
        ("layout", good | {"sha256": "2" * 64}, Defect),
    ]
    client = PixelClient(runtime.settings.resolved_pixels_socket())
    async with pixel_server(runtime.settings, runtime.objects):
        for op, arguments, family in cases:
            with pytest.raises(family):
                await client.ask(op, **arguments)
        head, _ = await client.ask("layout", **good)
        assert head == {"count": 1, "is_encapsulated": False}
        many = await asyncio.gather(*(client.ask("layout", **good) for _ in range(40)))
        assert len(many) == 40
    client.close()


async def test_the_socket_is_for_this_user_alone(runtime: Runtime) -> None:
    path = runtime.settings.resolved_pixels_socket()
    path.parent.mkdir(exist_ok=True)
    path.write_text("left by a process that was killed")
    async with pixel_server(runtime.settings, runtime.objects):
        mode = path.stat().st_mode
        assert stat.S_ISSOCK(mode) and not mode & 0o177


async def test_nobody_there_or_a_line_that_breaks_is_unavailable(runtime: Runtime) -> None:
    path = runtime.settings.resolved_pixels_socket()
    client = PixelClient(path)
    with pytest.raises(Unavailable):
        await client.ask("layout")

    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10)
        writer.write(b"H\0\0\0\2{}D\0\0\0\xffhalf")
        writer.close()

    server = await asyncio.start_unix_server(hang_up, str(path))
    with pytest.raises(Unavailable):
        await client.ask("layout")
    server.close()


def _start(runtime: Runtime) -> "subprocess.Popen[bytes]":
    settings = runtime.settings
    return subprocess.Popen(
        [sys.executable, "-m", "workers.pixels"], cwd=REPOSITORY,
        env=os.environ | {"CLOUDFILM_DATA_DIR": str(settings.data_dir)},
    )  # fmt: skip


async def _answers(client: PixelClient, asked: dict[str, object]) -> None:
    async with asyncio.timeout(60):
        while True:
            try:
                await client.ask("layout", **asked)
            except Unavailable:
                await asyncio.sleep(0.05)
            else:
                return


async def test_it_is_killed_and_comes_back(runtime: Runtime, tmp_path: Path) -> None:
    good = await question(runtime, images()[0])
    client = PixelClient(runtime.settings.resolved_pixels_socket())
    for _ in range(2):
        process = _start(runtime)
        try:
            await _answers(client, good)
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()
        # the kept connection is dead and nobody listens: an error, not a wait
        with pytest.raises(Unavailable):
            await client.ask("layout", **good)
    client.close()


def test_the_web_server_loads_no_kernel() -> None:
    script = (
        "import sys, bff.app\n"
        "bad = [m for m in sys.modules if m.split('.')[0] in ('numba', 'llvmlite')"
        " or m.startswith(('imaging.codecs', 'imaging.pixels', 'imaging.output'))]\n"
        "print(bad)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=REPOSITORY, capture_output=True, check=True
    )
    assert done.stdout.strip() == b"[]"
