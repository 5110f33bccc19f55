"""A WeChat user is bound to a patient whose digits this session has proved."""

from datetime import date

from domain.access import PatientViewer
from domain.errors import Denied, Invalid, NotFound, Refused
from domain.guardian import LABELS, MAX_BINDINGS, RELATIONS, relations_by_digits
from storage.records.audit import AuditEntry
from storage.records.binding import Binding
from storage.records.exam import Exam
from storage.records.patient import Patient
from storage.records.session import ViewingSession, end_with_copies
from storage.records.wechat_user import WeChatUser
from storage.tokens import new_token
from storage.transactions import db_now, in_transaction
from usecases.bindings.find import binding_for, live_bindings
from usecases.patients.person import person_of
from usecases.wechat.people import same_person


async def bind_offer(user: WeChatUser, exam: Exam, today: date) -> list[dict[str, str]]:
    """As what this user may be bound to the examination's patient now; [] when they are."""
    if await binding_for(user, await person_of(exam.patient)) is not None:
        return []
    own = any(one.relation == "self" for one in await live_bindings(user))
    return [
        {"relation": relation, "label": LABELS[relation]}
        for relation in relations_by_digits(exam.patient.birth_date, today)
        if relation != "self" or not own
    ]


async def bind(
    user: WeChatUser, viewer: PatientViewer, relation: str, *, today: date, request_id: str = ""
) -> Binding:
    """The same twice is one binding. Refused for a relation that digits do not prove."""
    if relation not in RELATIONS:
        raise Invalid("relation_unknown", "请选择您和患者的关系。")
    exam = await Exam.filter(id=viewer.exam_id).prefetch_related("patient").first()
    if exam is None:
        raise NotFound("exam_not_found", "没有找到这项检查。")
    if viewer.relation:
        raise Refused("not_by_guardian", "请让患者本人或用证件数字验证后再绑定。")
    if relation not in relations_by_digits(exam.patient.birth_date, today):
        raise Refused("invitation_needed", "替成年家人查看,需要患者本人在“家人和绑定”里邀请您。")
    made_by = "child_digits" if relation == "parent" else "digits"
    return await in_transaction(
        lambda: make_binding(
            user, exam.patient, relation, made_by, viewer=viewer, request_id=request_id
        )
    )


async def make_binding(
    user: WeChatUser,
    patient: Patient,
    relation: str,
    made_by: str,
    *,
    viewer: PatientViewer | None = None,
    request_id: str = "",
) -> Binding:
    """In the caller's transaction; two at once make one (`live_key` is unique)."""
    ids = await person_of(patient)
    known = await binding_for(user, ids)
    if known is None:
        await _check_room(user, ids, relation)
        person = min(await same_person(user))
        known = await Binding.create(
            public_id=new_token(),
            user=user,
            patient=patient,
            relation=relation,
            made_by=made_by,
            live_key=f"{person}:{min(ids)}",
            self_key=str(person) if relation == "self" else None,
        )
        actor = viewer.actor if viewer is not None else f"wechat:{user.id}"
        await AuditEntry.create(
            actor=actor, action="bound", exam_id=await _some_exam(ids), request_id=request_id
        )
    if viewer is not None:
        await ViewingSession.filter(id=viewer.session_id).update(binding_id=known.id)
    return known


async def _check_room(user: WeChatUser, patient_ids: frozenset[int], relation: str) -> None:
    if relation == "self" and any(one.relation == "self" for one in await live_bindings(user)):
        raise Refused(
            "already_self", "这个微信已经绑定了本人。替家人查看,请让患者在“家人和绑定”里邀请您。"
        )
    count = await Binding.filter(patient_id__in=list(patient_ids), ended_at=None).count()
    if count >= MAX_BINDINGS:
        raise Refused("too_many_bindings", "绑定的微信太多,请先解除几个。")


async def _some_exam(patient_ids: frozenset[int]) -> int | None:
    exam = await Exam.filter(patient_id__in=list(patient_ids)).order_by("-id").first()
    return None if exam is None else int(exam.id)


async def end_binding(binding: Binding, *, actor: str, request_id: str = "") -> None:
    """It ends with every session that it opened."""

    async def end() -> None:
        now = await db_now()
        await Binding.filter(id=binding.id, ended_at=None).update(
            ended_at=now, live_key=None, self_key=None
        )
        opened = ViewingSession.filter(binding_id=binding.id)
        ids = [int(str(one)) for one in await opened.values_list("id", flat=True)]
        await end_with_copies(ids, now)
        person = await person_of(binding.patient)
        await AuditEntry.create(
            actor=actor, action="unbound", exam_id=await _some_exam(person), request_id=request_id
        )

    await in_transaction(end)


async def unbind_as_user(user: WeChatUser, public_id: str, *, request_id: str = "") -> None:
    """A WeChat user leaves. NotFound for what is not theirs."""
    for one in await live_bindings(user):
        if one.public_id == public_id:
            await end_binding(one, actor=f"wechat:{user.id}", request_id=request_id)
            return
    raise NotFound("binding_not_found", "没有找到这个绑定。")


async def unbind_as_patient(viewer: PatientViewer, public_id: str, *, request_id: str = "") -> None:
    """The patient ends any of their own; a guardian only their own one."""
    found = (
        await Binding.filter(
            public_id=public_id, patient_id__in=list(viewer.patient_ids), ended_at=None
        )
        .prefetch_related("patient")
        .first()
    )
    if found is None:
        raise NotFound("binding_not_found", "没有找到这个绑定。")
    if viewer.is_guardian and not (viewer.relation == "parent" or await _is_own(viewer, found)):
        raise Denied("not_yours", "只能解除您自己的绑定。")
    await end_binding(found, actor=viewer.actor, request_id=request_id)


async def _is_own(viewer: PatientViewer, binding: Binding) -> bool:
    return await ViewingSession.filter(id=viewer.session_id, binding_id=binding.id).exists()
