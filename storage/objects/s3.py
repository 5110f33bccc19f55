"""Objects in any S3 (Aliyun OSS, Tencent COS, Huawei OBS, MinIO) through obstore.

`s3://bucket?endpoint=https://...&region=...&style=virtual|path`; credentials come from the usual
environment variables (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY). A PUT that was answered is
durable; its digest is computed before and checked on the way out.
"""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import obstore
from obstore.exceptions import BaseError, NotFoundError
from obstore.store import S3Store

from domain.errors import Defect, NotFound, Unavailable
from storage.objects.local import PIECE_BYTES, Piece, check_key, sha256_of


class S3Objects:
    """`domain.ports.ObjectStore` on one bucket."""

    def __init__(self, store: S3Store) -> None:
        self._store = store

    @classmethod
    def from_url(cls, url: str) -> "S3Objects":
        parts = urlsplit(url)
        options = {key: values[0] for key, values in parse_qs(parts.query).items()}
        endpoint = options.get("endpoint", "")
        if not parts.netloc or not endpoint:
            raise ValueError("an S3 object store is s3://bucket?endpoint=https://...&region=...")
        store = S3Store(
            parts.netloc,
            prefix=parts.path.strip("/") or None,
            endpoint=endpoint,
            region=options.get("region", "us-east-1"),
            access_key_id=os.environ.get("AWS_ACCESS_KEY_ID", ""),
            secret_access_key=os.environ.get("AWS_SECRET_ACCESS_KEY", ""),
            virtual_hosted_style_request=options.get("style") == "virtual",
            client_options={
                "allow_http": endpoint.startswith("http://"),
                "timeout": timedelta(seconds=60),
                "connect_timeout": timedelta(seconds=5),
            },
            retry_config={"max_retries": 3, "retry_timeout": timedelta(seconds=30)},
        )
        return cls(store)

    async def put(self, key: str, data: bytes, *, sha256: str | None = None) -> str:
        digest = await asyncio.to_thread(sha256_of, [data])
        if sha256 is not None and digest != sha256:
            raise Defect("object_corrupt", detail="bytes do not have the digest they came with")
        await self._put(check_key(key), data)
        return digest

    async def put_pieces(
        self, pieces: Sequence[Piece], name: Callable[[str], str]
    ) -> tuple[str, str, int]:
        """Write pieces under the name that `name` makes of their digest; (key, sha256, size)."""
        digest = await asyncio.to_thread(sha256_of, pieces)
        data = b"".join(pieces)
        await self._put(check_key(name(digest)), data)
        return name(digest), digest, len(data)

    async def prepare(self, folders: Sequence[str]) -> None:
        """A bucket has no folders."""

    async def put_file(self, path: Path, key: str) -> None:
        """Upload a file in parts, then remove it."""
        await self._put(check_key(key), path)
        await asyncio.to_thread(path.unlink, missing_ok=True)

    async def _put(self, key: str, data: bytes | Path) -> None:
        await self._guard(obstore.put_async(self._store, key, data), key)

    async def get(self, key: str, *, sha256: str | None = None) -> bytes:
        result = await self._guard(obstore.get_async(self._store, check_key(key)), key)
        data = bytes(await self._guard(result.bytes_async(), key))
        if sha256 is not None:
            digest = await asyncio.to_thread(lambda: hashlib.sha256(data).hexdigest())
            if digest != sha256:
                raise Defect("object_corrupt", detail=f"object {key} does not match its digest")
        return data

    async def get_range(self, key: str, offset: int, length: int) -> bytes:
        if length <= 0:
            return b""
        work = obstore.get_range_async(self._store, check_key(key), start=offset, length=length)
        return bytes(await self._guard(work, key))

    async def stream(self, key: str) -> AsyncIterator[bytes]:
        size, offset = await self.size(key), 0
        while offset < size:
            piece = await self.get_range(key, offset, min(PIECE_BYTES, size - offset))
            offset += len(piece)
            yield piece

    async def size(self, key: str) -> int:
        meta = await self._guard(obstore.head_async(self._store, check_key(key)), key)
        return int(meta["size"])

    async def delete(self, key: str) -> None:
        try:
            await self._guard(obstore.delete_async(self._store, check_key(key)), key)
        except NotFound:
            return

    @staticmethod
    async def _guard(work: Any, key: str) -> Any:
        """One table from the library's errors to ours."""
        try:
            return await work
        except (NotFoundError, FileNotFoundError) as error:
            raise NotFound("object_missing", detail=f"no object {key}") from error
        except (BaseError, OSError) as error:
            raise Unavailable("storage_failed", detail=type(error).__name__) from error
