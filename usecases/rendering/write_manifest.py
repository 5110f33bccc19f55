"""The entries of a study's series become its manifest (docs/web-format.md), stored ready to be
sent as it is."""

import secrets
from datetime import UTC, date, datetime
from typing import Any

import orjson

from domain.ports import ObjectStore
from imaging.dicom.charset import shown_name
from storage.records.imaging import Instance, Series, Study
from storage.transactions import in_transaction
from usecases.rendering.messages import message_of

VERSION = 1


async def write_manifest(objects: ObjectStore, study_id: int) -> None:
    """Write the study's manifest anew. Safe to run twice and at the same time: who finds that a
    series has changed meanwhile steps back, because that change asked for a manifest itself."""
    study = await Study.get_or_none(id=study_id)
    if study is None:
        return
    series = await Series.filter(study_id=study_id).order_by("series_number", "id")
    manifest = await _assemble(study, series)
    key = f"manifests/{study.id}/{manifest['revision']}-{secrets.token_hex(8)}.json"
    sha256 = await objects.put(key, orjson.dumps(manifest))
    is_complete = all(one.rendered_revision >= one.wanted_revision for one in series)
    seen = {(one.id, one.rendered_revision) for one in series}

    async def replace() -> bool:
        rows = await Series.filter(study_id=study_id).values_list("id", "rendered_revision")
        if set(rows) != seen:
            return False
        values: dict[str, Any] = {"manifest_key": key, "manifest_sha256": sha256}
        if is_complete:
            values["rendered_revision"] = study.wanted_revision
        changed = await Study.filter(id=study_id, manifest_key=study.manifest_key).update(**values)
        return bool(changed)

    is_ours = await in_transaction(replace)
    obsolete = study.manifest_key if is_ours else key
    if obsolete:
        await objects.delete(obsolete)


async def _assemble(study: Study, series: list[Series]) -> dict[str, Any]:
    return {
        "version": VERSION,
        # grows with every rendering, so that an address with it never changes what it means
        "revision": sum(one.rendered_revision for one in series),
        "study": _study_facts(study),
        "series": [await _entry(one) for one in series],
    }


def _study_facts(study: Study) -> dict[str, Any]:
    at = study.study_at
    return {
        "id": study.public_id,
        "study_instance_uid": study.study_instance_uid,
        "description": study.study_description,
        "study_at": at.astimezone(UTC).isoformat() if at is not None else None,
        "patient_name": shown_name(study.patient_name),
        "patient_id": study.patient_id,
        "patient_sex": study.patient_sex,
        "patient_age": age_at(study.patient_birth_date, at),
    }


async def _entry(series: Series) -> dict[str, Any]:
    facts = {
        "id": series.public_id,
        "revision": series.rendered_revision,
        "series_instance_uid": series.series_instance_uid,
        "number": series.series_number,
        "modality": series.modality,
        "description": series.series_description,
        "body_part": series.body_part,
    }
    if series.rendition is None:
        count = await Instance.filter(series_id=series.id).count()
        waiting = {"state": "waiting", "problem": "", "message": message_of("waiting", "")}
        return facts | waiting | {"count": count, "frames": None, "thumbnail": False}
    rendition = {name: value for name, value in series.rendition.items() if name != "superseded"}
    return facts | rendition


def age_at(born: date | None, at: datetime | None) -> str:
    """The age at the examination as Chinese reports write it; empty when unknown."""
    if born is None or at is None or at.date() < born:
        return ""
    day = at.date()
    months = (day.year - born.year) * 12 + day.month - born.month - (day.day < born.day)
    if months >= 36:
        return f"{months // 12}岁"
    return f"{months}个月" if months >= 1 else f"{(day - born).days}天"
