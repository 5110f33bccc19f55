"""Stored instances get their place: headers are read, study and series found or made, the study
matched to its examination, and its settling asked for.

A file that cannot be read stays stored with the reason; it never stops the others.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from domain.ports import ObjectStore, Sealer
from imaging.dicom.dataset import Dataset
from imaging.dicom.reader import DicomFile, read_file
from imaging.dicom.uid import is_valid_uid
from imaging.errors import ImagingError
from storage import outbox
from storage.records.imaging import Instance, Series, Study
from storage.tokens import new_token
from storage.transactions import db_now, in_transaction
from usecases.matching.match_study import match_study_now

HEAD_BYTES = 64 << 10
READERS = 8
_OF_INSTANCE = ("instance_number", "frames", "rows", "columns", "bits_allocated")


@dataclass(frozen=True, slots=True)
class Header:
    """What indexing takes from a file. Texts are cut to the columns' sizes."""

    study: dict[str, Any]
    series: dict[str, Any]
    instance_number: int | None
    frames: int | None
    rows: int | None
    columns: int | None
    bits_allocated: int | None


async def index_instances(
    objects: ObjectStore,
    sealer: Sealer,
    instance_ids: list[int],
    *,
    quiet_s: float,
    time_zone: str,
    charset_of: Callable[[str], str] = lambda _: "",
) -> None:
    """Index a batch; few round trips however many they are. Safe to run twice. `charset_of` a
    sender's AE title: what it means where it does not say a character set."""
    zone = ZoneInfo(time_zone)
    instances = await Instance.filter(id__in=instance_ids, series=None, problem="")
    limit = asyncio.Semaphore(READERS)

    async def read(instance: Instance) -> Header | str:
        async with limit:
            return await _read_header(objects, instance, zone, charset_of(instance.calling_ae))

    results = await asyncio.gather(*(read(instance) for instance in instances))
    readable: dict[str, list[tuple[Instance, Header]]] = defaultdict(list)
    for instance, result in zip(instances, results, strict=True):
        if isinstance(result, str):
            await Instance.filter(id=instance.id).update(problem=result)
        else:
            readable[str(result.study["study_instance_uid"])].append((instance, result))
    for uid in sorted(readable):
        part = readable[uid]
        await in_transaction(lambda part=part: _file_study(sealer, part, quiet_s, zone))  # type: ignore[misc]


async def index_instance(
    objects: ObjectStore, sealer: Sealer, instance_id: int, *, quiet_s: float, time_zone: str
) -> None:
    """One instance."""
    await index_instances(objects, sealer, [instance_id], quiet_s=quiet_s, time_zone=time_zone)


async def _read_header(
    objects: ObjectStore, instance: Instance, zone: ZoneInfo, charset: str
) -> Header | str:
    """The header, or the stable code of why there is none."""
    try:
        head = await objects.get_range(instance.object_key, 0, HEAD_BYTES)
        file = _parse(head, is_whole=len(head) >= instance.size)
        if file is None:
            file = _parse(await objects.get(instance.object_key), is_whole=True)
        assert file is not None
    except ImagingError as error:
        return error.code
    file.dataset.default_charset = charset
    return _header_of(file.dataset, zone)


def _parse(data: bytes, *, is_whole: bool) -> DicomFile | None:
    """None when the piece ended before the header did."""
    try:
        file = read_file(data, stop_before_pixels=True)
    except ImagingError:
        if is_whole:
            raise
        return None
    return None if file.problem is not None and not is_whole else file


def _header_of(dataset: Dataset, zone: ZoneInfo) -> Header | str:
    study_uid, series_uid = dataset.text("StudyInstanceUID"), dataset.text("SeriesInstanceUID")
    if not is_valid_uid(study_uid) or not is_valid_uid(series_uid):
        return "study_uid_missing"
    return Header(
        study={
            "study_instance_uid": study_uid,
            "accession_number": dataset.text("AccessionNumber")[:64],
            "patient_id": dataset.text("PatientID")[:64],
            "patient_name": dataset.text("PatientName")[:256],
            "patient_sex": dataset.text("PatientSex")[:16],
            "patient_birth_date": dataset.date("PatientBirthDate"),
            "study_description": dataset.text("StudyDescription")[:256],
            "study_id": dataset.text("StudyID")[:16],
            "referring_physician": dataset.text("ReferringPhysicianName")[:256],
            "study_at": _study_at(dataset, zone),
        },
        series={
            "series_instance_uid": series_uid,
            "modality": dataset.text("Modality")[:16],
            "series_number": _small(dataset.integer("SeriesNumber")),
            "series_description": dataset.text("SeriesDescription")[:256],
            "body_part": dataset.text("BodyPartExamined")[:64],
        },
        instance_number=_small(dataset.integer("InstanceNumber")),
        frames=_small(dataset.integer("NumberOfFrames")),
        rows=_small(dataset.integer("Rows")),
        columns=_small(dataset.integer("Columns")),
        bits_allocated=_small(dataset.integer("BitsAllocated")),
    )


def _small(value: int | None) -> int | None:
    """What fits a database integer."""
    return value if value is not None and abs(value) < 2**31 else None


def _study_at(dataset: Dataset, zone: ZoneInfo) -> datetime | None:
    for day_key, time_key in (
        ("StudyDate", "StudyTime"),
        ("SeriesDate", "SeriesTime"),
        ("AcquisitionDate", "AcquisitionTime"),
        ("ContentDate", "ContentTime"),
    ):
        day: date | None = dataset.date(day_key)
        if day is not None and 1900 <= day.year <= 2200:
            local = datetime.combine(day, dataset.time(time_key) or time())
            return local.replace(tzinfo=zone).astimezone(UTC)
    return None


async def _file_study(
    sealer: Sealer, part: list[tuple[Instance, Header]], quiet_s: float, zone: ZoneInfo
) -> None:
    """All instances of one study, in one transaction; one at a time, or a revision that two jobs
    raise at once would be raised once."""
    first, header = part[0]
    now = await db_now()
    study = await Study.select_for_update(no_key=True).get_or_none(
        study_instance_uid=header.study["study_instance_uid"]
    )
    if study is None:
        study = await Study.create(
            public_id=new_token(), calling_ae=first.calling_ae, last_received_at=now, **header.study
        )
    changed: list[Instance] = []
    by_series: dict[str, list[tuple[Instance, Header]]] = defaultdict(list)
    for instance, one in part:
        by_series[str(one.series["series_instance_uid"])].append((instance, one))
    for uid, members in sorted(by_series.items()):
        series = await Series.get_or_none(series_instance_uid=uid)
        if series is None:
            series = await Series.create(public_id=new_token(), study=study, **members[0][1].series)
        series.wanted_revision += 1
        await series.save(update_fields=["wanted_revision"])
        for instance, one in members:
            instance.series = series
            for name in _OF_INSTANCE:
                setattr(instance, name, getattr(one, name))
            changed.append(instance)
    await Instance.bulk_update(changed, fields=["series_id", *_OF_INSTANCE], batch_size=200)
    study.last_received_at = now
    study.wanted_revision += 1
    await study.save(update_fields=["last_received_at", "wanted_revision"])
    await match_study_now(sealer, study, zone=zone)
    await outbox.want("settle_study", study.id, delay_s=quiet_s)
