"""STOW-RS (PS3.18 10.5): each object that comes in one request goes the way of a C-STORE, durable
before it is acknowledged, and the response says what became of each."""

from dataclasses import dataclass, field
from typing import Any

from domain.errors import FilmError, Unavailable
from imaging.dicom.reader import read_file, split_file
from imaging.dicom.uid import is_valid_uid
from imaging.errors import ImagingError
from storage.objects.spool import SpoolFile
from usecases.receiving.receive_instance import InstanceReceiver, Outcome, SentInstance

HEAD_BYTES = 64 << 10  # what is read of an object before it is passed on
MEMORY_BYTES = 1 << 20  # a larger one goes to disk while it comes in

# PS3.18 table 10.5.3-2 and PS3.4 table B.2-1
OUT_OF_RESOURCES, MISMATCH, NOT_UNDERSTOOD = 0xA700, 0xA900, 0xC000
INVALID_INSTANCE, PROCESSING_FAILURE, COERCED = 0x0117, 0x0110, 0xB000
_FAILURE_OF = {Outcome.BAD_UID: INVALID_INSTANCE, Outcome.UNREADABLE: NOT_UNDERSTOOD}


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of one object. `failure` and `warning` are reason codes, 0 without."""

    sop_class_uid: str = ""
    sop_instance_uid: str = ""
    study_instance_uid: str = ""
    series_instance_uid: str = ""
    failure: int = 0
    warning: int = 0


@dataclass(slots=True)
class ObjectIntake:
    """One object while it comes: `write` pieces, then `finish`; or `discard`."""

    receiver: InstanceReceiver
    sender: str
    study: str  # that of the URL, "" when any will do
    _head: bytearray = field(default_factory=bytearray)
    _size: int = 0
    _sent: SentInstance | None = None
    _spool: SpoolFile | None = None
    _facts: Stored = Stored()

    async def write(self, data: bytes) -> None:
        """Raises Unavailable when the disk will not take it."""
        if self._facts.failure:
            return  # refused by its head: the rest is not kept
        if self._sent is None:
            self._head += data
            if len(self._head) >= HEAD_BYTES:
                self._begin()
            return
        self._sent.pieces.append(data)
        self._size += len(data)
        if self._size > MEMORY_BYTES:
            await self._spill()

    async def _spill(self) -> None:
        assert self._sent is not None
        if self._spool is None:
            self._spool = await self.receiver.open_spool(self._sent)
        await self._spool.write(self._sent.pieces)
        self._sent.pieces.clear()
        self._size = 0

    def _begin(self) -> None:
        """Who it is, from its head: the data set's own word before the file meta information's."""
        head = bytes(self._head)
        try:
            meta, start, syntax = split_file(head)
            dataset = read_file(head, stop_before_pixels=True).dataset
        except ImagingError:
            self._facts = Stored(failure=NOT_UNDERSTOOD)
            return
        sop_class = dataset.text("SOPClassUID") or meta.text("MediaStorageSOPClassUID")
        uid = dataset.text("SOPInstanceUID") or meta.text("MediaStorageSOPInstanceUID")
        study, series = dataset.text("StudyInstanceUID"), dataset.text("SeriesInstanceUID")
        failure = 0
        if not all(map(is_valid_uid, (sop_class, uid, study, series, syntax))):
            failure = NOT_UNDERSTOOD if not uid or not study else INVALID_INSTANCE
        elif self.study and study != self.study:
            failure = MISMATCH
        self._facts = Stored(sop_class, uid, study, series, failure)
        if not failure:
            self._sent = SentInstance(sop_class, uid, syntax, self.sender[:16], [head[start:]])
            self._size = len(head) - start
        self._head.clear()

    async def finish(self) -> Stored:
        """Durable when it says so. Never raises: what went wrong is a reason code."""
        try:
            if self._sent is None and not self._facts.failure:
                self._begin()
            if self._sent is None:
                return self._facts
            outcome = await self.receiver.receive(self._sent, self._spool)
        except Unavailable:
            return self._as(failure=OUT_OF_RESOURCES)
        except (FilmError, ImagingError):
            return self._as(failure=PROCESSING_FAILURE)
        finally:
            await self.discard()
        warning = COERCED if outcome is Outcome.QUARANTINED else 0
        return self._as(failure=_FAILURE_OF.get(outcome, 0), warning=warning)

    def _as(self, *, failure: int = 0, warning: int = 0) -> Stored:
        facts = self._facts
        return Stored(
            facts.sop_class_uid, facts.sop_instance_uid, facts.study_instance_uid,
            facts.series_instance_uid, failure, warning,
        )  # fmt: skip

    async def discard(self) -> None:
        """Remove what lies in the spool; nothing when the store has taken it over."""
        spool, self._spool = self._spool, None
        if spool is not None:
            await spool.discard()


def status_of(results: list[Stored]) -> int:
    """PS3.18 table 10.5.3-1."""
    failed = [one for one in results if one.failure]
    if results and len(failed) == len(results):
        is_busy = all(one.failure == OUT_OF_RESOURCES for one in failed)
        return 503 if is_busy else 409
    return 202 if failed or any(one.warning for one in results) else 200


def response_model(results: list[Stored], study: str, base_url: str) -> dict[str, Any]:
    """The Store Instances Response Module (PS3.18 annex I) in the DICOM JSON model."""
    kept = [one for one in results if not one.failure]
    known = [one for one in results if one.failure and one.sop_instance_uid]
    unknown = [one for one in results if one.failure and not one.sop_instance_uid]
    studies = {one.study_instance_uid for one in kept} | ({study} if study and kept else set())
    model: dict[str, Any] = {}
    if len(studies) == 1:
        model["00081190"] = _value("UR", f"{base_url}/studies/{studies.pop()}")
    if known:
        model["00081198"] = _value("SQ", *(_referenced(one, base_url) for one in known))
    if kept:
        model["00081199"] = _value("SQ", *(_referenced(one, base_url) for one in kept))
    if unknown:
        reasons = ({"00081197": _value("US", one.failure)} for one in unknown)
        model["0008119A"] = _value("SQ", *reasons)
    return model


def _referenced(one: Stored, base_url: str) -> dict[str, Any]:
    item = {
        "00081150": _value("UI", one.sop_class_uid),
        "00081155": _value("UI", one.sop_instance_uid),
    }
    if one.failure:
        return item | {"00081197": _value("US", one.failure)}
    item["00081190"] = _value(
        "UR",
        f"{base_url}/studies/{one.study_instance_uid}/series/{one.series_instance_uid}"
        f"/instances/{one.sop_instance_uid}",
    )
    if one.warning:
        item["00081196"] = _value("US", one.warning)
    return item


def _value(vr: str, *values: Any) -> dict[str, Any]:
    return {"vr": vr, "Value": list(values)}
