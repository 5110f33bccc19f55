"""The one place where parts are joined: what a process needs, opened together, closed together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from assembly.channels import open_texts, open_wechat
from assembly.settings import Settings
from domain.ports import ObjectStore
from domain.wechat import TextMessages, WeChat
from storage.database import close_database, open_database
from storage.objects.local import LocalObjects
from storage.sealed import FieldSealer


@dataclass(frozen=True, slots=True)
class Runtime:
    """The joined parts of one process."""

    settings: Settings
    objects: ObjectStore
    sealer: FieldSealer
    wechat: WeChat | None = None
    texts: TextMessages | None = None


def object_store(url: str) -> ObjectStore:
    """A folder, or `s3://bucket?endpoint=...&region=...` (any S3 that speaks the protocol)."""
    if url.startswith("s3://"):
        from storage.objects.s3 import S3Objects

        return S3Objects.from_url(url)
    return LocalObjects(Path(url.removeprefix("file://")))


@asynccontextmanager
async def open_runtime(settings: Settings) -> AsyncIterator[Runtime]:
    """Open this process' database connections and object store."""
    await open_database(settings.resolved_database_url(), pool_size=settings.database_pool)
    wechat = None
    try:
        sealer = FieldSealer(settings.secret())
        wechat = open_wechat(settings, sealer)
        yield Runtime(
            settings=settings,
            objects=object_store(settings.resolved_object_store_url()),
            sealer=sealer,
            wechat=wechat,
            texts=open_texts(settings),
        )
    finally:
        if wechat is not None:
            wechat.close()
        await close_database()
