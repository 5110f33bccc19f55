"""Objects are whole, durable and checked, in a folder and in S3 alike."""

import hashlib
from pathlib import Path

import pytest

from domain.errors import Defect, NotFound, Unavailable
from domain.ports import ObjectStore
from storage.objects.local import LocalObjects
from storage.objects.s3 import S3Objects


@pytest.fixture(params=["local", "s3"])
def store(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> ObjectStore:
    if request.param == "local":
        return LocalObjects(tmp_path / "objects")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    return S3Objects.from_url(request.getfixturevalue("s3_url"))


async def test_what_was_put_comes_back(store: ObjectStore) -> None:
    data = bytes(range(256)) * 9000
    digest = await store.put("a/b1", data)
    assert digest == hashlib.sha256(data).hexdigest()
    assert await store.get("a/b1", sha256=digest) == data
    assert await store.get_range("a/b1", 255, 3) == data[255:258]
    assert b"".join([piece async for piece in store.stream("a/b1")]) == data
    assert await store.size("a/b1") == len(data)


async def test_wrong_bytes_are_refused_on_the_way_in(store: ObjectStore) -> None:
    with pytest.raises(Defect, match="object_corrupt"):
        await store.put("a/b2", b"other", sha256="0" * 64)
    with pytest.raises(NotFound):
        await store.get("a/b2")


async def test_wrong_bytes_are_never_served(store: ObjectStore) -> None:
    await store.put("a/b3", b"right")
    with pytest.raises(Defect, match="object_corrupt"):
        await store.get("a/b3", sha256=hashlib.sha256(b"wrong").hexdigest())


async def test_a_missing_object_is_not_found(store: ObjectStore) -> None:
    with pytest.raises(NotFound):
        await store.size("no/such")
    await store.delete("no/such")


@pytest.mark.parametrize(
    "key", ["../x", "/etc/passwd", "a//b", "a/../b", "A", "a\0b", "", "x" * 201]
)
async def test_a_foreign_name_is_a_defect(store: ObjectStore, key: str) -> None:
    with pytest.raises(Defect):
        await store.put(key, b"x")


async def test_an_s3_that_is_away_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    store = S3Objects.from_url("s3://films?endpoint=http://127.0.0.1:9&region=x")
    with pytest.raises(Unavailable):
        await store.get("a/b")


async def test_no_part_file_stays_behind(tmp_path: Path) -> None:
    store = LocalObjects(tmp_path)
    await store.put("a/b", b"x" * 100_000)
    assert [p.name for p in tmp_path.rglob("*") if p.is_file()] == ["b"]
