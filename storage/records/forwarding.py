"""What has been sent on to whom: one row a study and peer, with how far it got."""

from dataclasses import dataclass
from datetime import timedelta

from tortoise import fields
from tortoise.models import Model

from storage.transactions import db_now, run_sql


class ForwardedStudy(Model):
    """`sent_through` is the highest id of our instances of the study that the peer has."""

    id = fields.BigIntField(primary_key=True)
    peer = fields.CharField(max_length=64)
    study_key = fields.BigIntField()
    sent_through = fields.BigIntField(default=0)
    stored = fields.IntField(default=0)
    warned = fields.IntField(default=0)
    failed = fields.IntField(default=0)
    failures = fields.IntField(default=0)
    next_try_at = fields.DatetimeField()
    last_error = fields.CharField(max_length=200, default="")

    class Meta:
        table = "forwarded_study"
        unique_together = (("peer", "study_key"),)


@dataclass(frozen=True, slots=True)
class DueStudy:
    study_key: int
    sent_through: int
    failures: int


@dataclass(frozen=True, slots=True)
class UnsentInstance:
    id: int
    sop_class_uid: str
    sop_instance_uid: str
    transfer_syntax_uid: str
    object_key: str
    sha256: str
    modality: str


_OURS = "study s JOIN series e ON e.study_id = s.id JOIN instance i ON i.series_id = e.id"


async def due_studies(
    peer: str, ae_title: str, *, quiet_s: float, look_back_days: float, limit: int
) -> list[DueStudy]:
    """Studies with something that the peer has not got and that have been quiet; not those that
    came from it."""
    now = await db_now()
    rows = await run_sql(
        "SELECT s.id AS study_key, COALESCE(f.sent_through, 0) AS sent_through, "
        f"COALESCE(f.failures, 0) AS failures FROM {_OURS} "
        "LEFT JOIN forwarded_study f ON f.study_key = s.id AND f.peer = $1 "
        "WHERE s.last_received_at BETWEEN $2 AND $3 AND s.calling_ae <> $4 "
        "AND (f.id IS NULL OR f.next_try_at <= $5) AND i.id > COALESCE(f.sent_through, 0) "
        "GROUP BY s.id, f.sent_through, f.failures ORDER BY s.id LIMIT $6",
        peer, now - timedelta(days=look_back_days), now - timedelta(seconds=quiet_s), ae_title,
        now, limit,
    )  # fmt: skip
    return [
        DueStudy(int(row["study_key"]), int(row["sent_through"]), int(row["failures"]))
        for row in rows
    ]


async def unsent_instances(study: DueStudy) -> list[UnsentInstance]:
    rows = await run_sql(
        "SELECT i.id, i.sop_class_uid, i.sop_instance_uid, i.transfer_syntax_uid, i.object_key, "
        f"i.sha256, e.modality FROM {_OURS} WHERE s.id = $1 AND i.id > $2 ORDER BY i.id",
        study.study_key, study.sent_through,
    )  # fmt: skip
    return [UnsentInstance(**row) for row in rows]


async def note_sent(
    peer: str, study_key: int, *, through: int, stored: int, warned: int, failed: int, why: str,
    retry_s: float,
) -> None:  # fmt: skip
    """Counts of one try. `through` 0: it is not done, and tried again after `retry_s`."""
    now = await db_now()
    await run_sql(
        "INSERT INTO forwarded_study (peer, study_key, sent_through, stored, warned, failed, "
        "failures, next_try_at, last_error) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) "
        "ON CONFLICT (peer, study_key) DO UPDATE SET "
        "sent_through = CASE WHEN EXCLUDED.sent_through > forwarded_study.sent_through "
        "THEN EXCLUDED.sent_through ELSE forwarded_study.sent_through END, "
        "stored = forwarded_study.stored + EXCLUDED.stored, "
        "warned = forwarded_study.warned + EXCLUDED.warned, failed = EXCLUDED.failed, "
        "failures = CASE WHEN EXCLUDED.failures = 0 THEN 0 ELSE forwarded_study.failures + 1 END, "
        "next_try_at = EXCLUDED.next_try_at, last_error = EXCLUDED.last_error",
        peer, study_key, through, stored, warned, failed, 0 if through else 1,
        now + timedelta(seconds=retry_s), why[:200],
    )  # fmt: skip
