"""The people for whom a WeChat user may enter, and the one that a code belongs to."""

from collections.abc import Collection
from typing import Any

from domain.exam import ExamStatus
from domain.guardian import LABELS
from domain.patient import masked_name
from storage.records.binding import Binding
from storage.records.exam import Exam
from storage.records.wechat_user import WeChatUser
from usecases.patients.person import person_of
from usecases.wechat.people import same_person


async def live_bindings(user: WeChatUser) -> list[Binding]:
    """Of this person in all of the hospital's apps, oldest first."""
    return (
        await Binding.filter(user_id__in=await same_person(user), ended_at=None)
        .order_by("id")
        .prefetch_related("patient")
    )


async def binding_for(user: WeChatUser, patient_ids: Collection[int]) -> Binding | None:
    """The binding by which this user may enter for this person."""
    found = [one for one in await live_bindings(user) if one.patient.id in patient_ids]
    own = [one for one in found if one.relation == "self"]
    return next(iter(own or found), None)


async def newest_exam(binding: Binding) -> Exam | None:
    """What the person's home shows when no code says which."""
    ids = await person_of(binding.patient)
    return (
        await Exam.filter(patient_id__in=list(ids), merged_into=None)
        .exclude(status=ExamStatus.CANCELLED)
        .order_by("-id")
        .prefetch_related("patient")
        .first()
    )


async def describe_people(user: WeChatUser) -> list[dict[str, Any]]:
    """Each with a masked name: a phone that lies about tells no more than the paper did."""
    people: list[dict[str, Any]] = []
    seen: set[int] = set()
    for one in await live_bindings(user):
        ids = await person_of(one.patient)
        if seen & ids:  # bound in both apps: one person all the same
            continue
        seen |= ids
        exam = await newest_exam(one)
        people.append(
            {
                "binding": one.public_id,
                "masked_name": masked_name(one.patient.name),
                "relation": one.relation,
                "relation_label": LABELS.get(one.relation, ""),
                "newest": None
                if exam is None
                else {
                    "procedure": exam.procedure or exam.modality or "影像检查",
                    "status": exam.status.value,
                    "status_label": exam.status.label,
                },
            }
        )
    return people
