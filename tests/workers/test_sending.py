"""A large object goes to a peer in pieces, never whole in memory; one that is damaged is found at its
last piece, is never ended, and keeps no other from being sent."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from dicomnet.dimse import status
from dicomnet.dimse.command import encode_command
from dicomnet.dimse.fragment import Streamed, fragments
from dicomnet.errors import Unfinished
from dicomnet.services.channel import Channel
from dicomnet.services.retrieve import Candidate
from dicomnet.services.storage_scu import store_command
from imaging.dicom.reader import split_file
from imaging.dicom.uid import EXPLICIT_LITTLE
from integrations.pacs.peers import Peer
from storage.objects.local import LocalObjects
from tests.support.archive import CT, HEAD, WANG, instance
from tests.support.dicom_peer import MemoryStorage, ct, serving
from usecases.query_retrieve import retrieve
from workers.sending import Sender

SIZE = 3 << 20  # of pixel data: more than two pieces


class Watched(LocalObjects):
    """Knows the most that was ever read at once."""

    most = 0

    def _read(self, key: str, offset: int, length: int | None) -> bytes:
        data = super()._read(key, offset, length)
        self.most = max(self.most, len(data))
        return data


def big(number: int) -> bytes:
    pixels = bytes([number]) * SIZE
    return instance(WANG, HEAD, 1, number, Rows=1024, Columns=1536, BitsAllocated=16,
                    PixelData=pixels)  # fmt: skip


async def test_large_objects_go_in_pieces_and_a_damaged_one_alone_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retrieve, "WHOLE_BYTES", 1 << 20)
    objects = Watched(tmp_path / "objects")
    candidates, files = [], [big(n) for n in (1, 2, 3)]
    for n, raw in enumerate(files, 1):
        digest = await objects.put(f"o/{n}", raw)
        uid = f"1.2.1.1.{n}"
        candidates.append(Candidate(CT, uid, EXPLICIT_LITTLE, f"o/{n} {digest}"))
    objects.path("o/2").write_bytes(files[1][:-1] + b"\xff")
    storage = MemoryStorage()
    async with serving(storage) as server:
        peer = Peer("P", "CLOUDFILM", host="127.0.0.1", port=server.port)
        steps = [one async for one in Sender(objects, "US").steps(peer, candidates)]
    assert [one.code for one in steps] == [0, status.PROCESSING_FAILURE, 0]
    assert [one.sop_instance_uid for one in steps] == [one.sop_instance_uid for one in candidates]
    assert storage.stored == {
        candidates[n].sop_instance_uid: files[n][split_file(files[n])[1] :] for n in (0, 2)
    }
    assert 0 < objects.most <= 1 << 20


@pytest.mark.parametrize("pieces", [(10, 7), (1, 1), (16, 16), (300,), (64, 1, 235), ()])
async def test_pieces_become_the_bytes_of_the_whole(pieces: tuple[int, ...]) -> None:
    data = bytes(n % 251 for n in range(sum(pieces)))

    async def read() -> AsyncIterator[bytes]:
        at = 0
        for size in pieces:
            yield data[at : at + size]
            at += size

    written = bytearray()

    async def write(part: bytes) -> None:
        written.extend(part)

    command = store_command(ct("1.1"), 1)
    await Channel(write, 38).send(3, command, Streamed(len(data), read))
    parts = [*fragments(3, encode_command(command), is_command=True, room=32),
             *fragments(3, data, is_command=False, room=32)]  # fmt: skip
    assert bytes(written) == b"".join(parts)
    for wrong in (len(data) + 1, len(data) - 1):
        with pytest.raises(Unfinished):
            await Channel(write, 38).send(3, command, Streamed(wrong, read))
