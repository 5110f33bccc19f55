"""A PACS over DICOM as `usecases/pulling` wants it: C-FIND of three levels, C-GET or C-MOVE.

Questions go over one association that stays open as long as the peer lets it; each C-GET has its
own, with the contexts that its objects need.
"""

import contextlib
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

import structlog

from dicomnet.errors import ProtocolError
from dicomnet.services.negotiation import STUDY_ROOT_FIND, STUDY_ROOT_GET, STUDY_ROOT_MOVE
from dicomnet.services.storage import StorageHandler
from dicomnet.transport.client import Contexts, RequestedAssociation
from dicomnet.transport.query_client import QueryFailed, find, get, move, query_contexts
from domain.errors import Refused, Unavailable
from imaging.dicom.dataset import Dataset
from imaging.dicom.reader import read_dataset
from imaging.dicom.uid import (
    EXPLICIT_LITTLE,
    IMPLICIT_LITTLE,
    STORAGE_ROOT,
    STORAGE_SOP_CLASSES,
    TRANSFER_SYNTAXES,
    is_valid_uid,
)
from imaging.dicom.writer import write_dataset
from imaging.errors import ImagingError
from integrations.pacs.peers import Peer
from usecases.pulling.archive import RemoteInstance, RemoteSeries, RemoteStudy
from usecases.pulling.windows import Window
from workers.calling import call_peer

log = structlog.get_logger()
T = TypeVar("T")

MAX_CONTEXTS = 126  # of 128: one is for the retrieval itself
MAX_OBJECT_BYTES = 2 << 30
NATIVE = (EXPLICIT_LITTLE, IMPLICIT_LITTLE)
# what scanners of today send, before the rest; the order in which a peer's first choice counts
USUAL = (
    "1.2.840.10008.1.2.4.70", "1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.90",
    "1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.5", "1.2.840.10008.1.2.4.91",
    "1.2.840.10008.1.2.4.51", "1.2.840.10008.1.2.4.57", "1.2.840.10008.1.2.4.81",
)  # fmt: skip
# what most departments make: CT, MR, PET, CR, DX, MG, XA, RF, US, NM, SC, SR, KO, PR, PDF
_FIRST = tuple(
    STORAGE_ROOT + end
    for end in (
        "2", "4", "128", "1", "1.1", "1.1.1", "1.2", "1.2.1", "12.1", "12.2", "6.1", "3.1", "20",
        "7", "7.1", "7.2", "7.3", "7.4", "2.1", "4.1", "130", "88.11", "88.22", "88.33", "88.59",
        "88.67", "11.1", "11.2", "104.1", "66", "66.4", "77.1.4", "77.1.4.1", "77.1.1", "77.1.5.1",
        "481.1", "481.2", "481.3", "481.5", "13.1.3", "1.3", "9.1.1", "5", "6", "3",
    )
)  # fmt: skip
UNTOLD = tuple(dict.fromkeys([*_FIRST, *sorted(STORAGE_SOP_CLASSES)]))[: MAX_CONTEXTS // 2]
STUDY_KEYS = (
    "StudyInstanceUID", "StudyDate", "StudyTime", "ModalitiesInStudy",
    "NumberOfStudyRelatedInstances",
)  # fmt: skip


class DicomArchive:
    """`usecases.pulling.archive.RemoteArchive` on a peer. Close it when done."""

    def __init__(self, peer: Peer, our_ae_title: str, storage: StorageHandler) -> None:
        assert peer.pull is not None
        self._peer, self._pull, self._storage = peer, peer.pull, storage
        self._our_ae_title = our_ae_title
        self._held = contextlib.AsyncExitStack()
        self._open: RequestedAssociation | None = None

    async def find_studies(self, window: Window) -> list[RemoteStudy]:
        keys = dict.fromkeys(STUDY_KEYS, "")
        keys |= {"StudyDate": window.study_date, "StudyTime": window.study_time}
        return [_study(one) for one in await self._find("STUDY", keys)]

    async def find_study(self, study_instance_uid: str) -> RemoteStudy | None:
        keys = dict.fromkeys(STUDY_KEYS, "") | {"StudyInstanceUID": study_instance_uid}
        found = [_study(one) for one in await self._find("STUDY", keys)]
        return next((one for one in found if one.study_instance_uid == study_instance_uid), None)

    async def find_series(self, study_instance_uid: str) -> list[RemoteSeries]:
        keys = {
            "StudyInstanceUID": study_instance_uid, "SeriesInstanceUID": "", "Modality": "",
            "NumberOfSeriesRelatedInstances": "",
        }  # fmt: skip
        found = await self._find("SERIES", keys)
        return [
            RemoteSeries(uid, one.integer("NumberOfSeriesRelatedInstances"))
            for one in found
            if is_valid_uid(uid := one.text("SeriesInstanceUID"))
        ]

    async def find_instances(
        self, study_instance_uid: str, series_instance_uid: str
    ) -> list[RemoteInstance]:
        keys = {
            "StudyInstanceUID": study_instance_uid, "SeriesInstanceUID": series_instance_uid,
            "SOPInstanceUID": "", "SOPClassUID": "", "InstanceNumber": "",
        }  # fmt: skip
        found = await self._find("IMAGE", keys)
        by_uid = {one.text("SOPInstanceUID"): one.text("SOPClassUID") for one in found}
        return [RemoteInstance(uid, by_uid[uid]) for uid in by_uid if is_valid_uid(uid)]

    async def fetch(
        self, study_instance_uid: str, series_instance_uid: str, instances: list[RemoteInstance],
        *, is_whole_series: bool,
    ) -> str:  # fmt: skip
        keys: dict[str, Any] = {
            "QueryRetrieveLevel": "SERIES" if is_whole_series else "IMAGE",
            "StudyInstanceUID": study_instance_uid, "SeriesInstanceUID": series_instance_uid,
        }  # fmt: skip
        if not is_whole_series:
            keys["SOPInstanceUID"] = [one.sop_instance_uid for one in instances]
        classes = sorted({one.sop_class_uid for one in instances} - {""})
        ask = self._get if self._pull.by == "get" else self._move
        return await ask(lambda syntax: write_dataset(keys, syntax), classes)

    async def close(self) -> None:
        """Release the association of questions; no error when the peer is gone."""
        self._open = None
        held, self._held = self._held, contextlib.AsyncExitStack()
        with contextlib.suppress(OSError, ProtocolError, TimeoutError):
            await held.aclose()

    async def _find(self, level: str, keys: dict[str, str]) -> list[Dataset]:
        values = {"QueryRetrieveLevel": level, **keys}

        async def ask(peer: RequestedAssociation) -> list[Dataset]:
            def encode(syntax: str) -> bytes:
                return write_dataset(values, syntax)

            return [
                read_dataset(raw, syntax)
                async for raw, syntax in find(peer, STUDY_ROOT_FIND, encode)
            ]

        return await self._asked(ask)

    async def _move(self, identifier: Callable[[str], bytes], classes: list[str]) -> str:
        async def ask(peer: RequestedAssociation) -> str:
            done = await move(peer, STUDY_ROOT_MOVE, identifier, self._our_ae_title)
            return f"{done.failed} failed on their side" if done.failed else ""

        return await self._asked(ask)

    async def _get(self, identifier: Callable[[str], bytes], classes: list[str]) -> str:
        with _told():
            async with self._call(
                [*query_contexts([STUDY_ROOT_GET]), *self._contexts(classes)],
                scp_roles=classes or UNTOLD,
            ) as peer:
                done = await get(peer, STUDY_ROOT_GET, identifier, self._storage)
        return f"{done.failed} failed on their side" if done.failed else ""

    def _contexts(self, classes: list[str]) -> list[tuple[str, tuple[str, ...]]]:
        """A context for each class and syntax, so that the peer may send what it has as it is;
        fewer syntaxes where there are many classes. Where it does not tell the classes: those that
        are usual, each once without compression and once with."""
        order = list(dict.fromkeys([*self._peer.syntaxes, *USUAL, *TRANSFER_SYNTAXES]))
        if self._peer.syntaxes:
            order = [uid for uid in order if uid in self._peer.syntaxes]
        packed = [uid for uid in order if uid not in NATIVE]
        if not classes:
            both = (NATIVE, tuple(packed)) if packed else (NATIVE,)
            return [(uid, syntaxes) for uid in UNTOLD for syntaxes in both]
        room = max(1, MAX_CONTEXTS // len(classes))
        chosen = packed[: room - 1]
        return [
            context
            for uid in classes[:MAX_CONTEXTS]
            for context in ((uid, NATIVE), *((uid, (syntax,)) for syntax in chosen))
        ]

    async def _asked(self, ask: Callable[[RequestedAssociation], Awaitable[T]]) -> T:
        """On the open association; on a new one when the peer has ended the old one meanwhile."""
        is_old = self._open is not None
        try:
            with _told():
                return await ask(await self._association())
        except Unavailable:
            await self._drop()
            if not is_old:
                raise
        except Refused:
            await self._drop()
            raise
        finally:
            if not self._peer.habits.keeps_association:
                await self.close()
        with _told():
            return await ask(await self._association())

    async def _association(self) -> RequestedAssociation:
        if self._open is None:
            wanted = [STUDY_ROOT_FIND] + ([STUDY_ROOT_MOVE] if self._pull.by == "move" else [])
            call = self._call(query_contexts(wanted))
            self._open = await self._held.enter_async_context(call)
        return self._open

    async def _drop(self) -> None:
        """Nothing more can be said on the open association."""
        self._open = None
        held, self._held = self._held, contextlib.AsyncExitStack()
        with contextlib.suppress(Exception):
            await held.__aexit__(ConnectionError, ConnectionError("dropped"), None)

    def _call(
        self, contexts: Contexts, scp_roles: Sequence[str] = ()
    ) -> contextlib.AbstractAsyncContextManager[RequestedAssociation]:
        return call_peer(
            self._peer, self._our_ae_title, contexts=contexts, scp_roles=scp_roles,
            max_object_bytes=MAX_OBJECT_BYTES,
        )  # fmt: skip


@contextlib.contextmanager
def _told() -> Any:
    """What goes wrong on an association, in the use case's families."""
    try:
        yield
    except QueryFailed as error:
        raise Refused("pacs_refused", detail=str(error)[:200]) from error
    except ImagingError as error:
        raise Refused("pacs_unreadable", detail=f"answer not readable: {error.code}") from error
    except (OSError, ProtocolError, TimeoutError) as error:
        why = str(error)[:150] or type(error).__name__
        raise Unavailable("pacs_away", detail=why) from error


def _study(answer: Dataset) -> RemoteStudy:
    modalities = tuple(one for one in answer.texts("ModalitiesInStudy") if one)
    return RemoteStudy(
        answer.text("StudyInstanceUID"), answer.text("StudyDate"), answer.text("StudyTime"),
        modalities, answer.integer("NumberOfStudyRelatedInstances"),
    )  # fmt: skip
