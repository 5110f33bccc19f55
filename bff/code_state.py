"""A code before anything is proved, as its page and the mini-program show it."""

from datetime import UTC
from typing import Any

from sanic.request import Request

from bff.channel import boot_consent, words_in
from bff.context import question_in, runtime_of
from domain.challenge import Question
from domain.guardian import LABELS
from storage.records.wechat_login import WeChatLogin
from usecases.bindings.find import binding_for
from usecases.identity.find_code import CodePage, describe_code


async def found_code(request: Request, token: str) -> CodePage:
    """NotFound for a code that never was."""
    return await describe_code(
        runtime_of(request).sealer,
        token,
        question_in(request),
        consent_version=words_in(request).version,
    )


async def describe_one_tap(login: WeChatLogin | None, found: CodePage) -> dict[str, Any]:
    if login is None or login.user is None:
        return {}
    binding = await binding_for(login.user, found.patient_ids)
    if binding is None:
        return {"door": "wechat"}
    label = LABELS.get(binding.relation, "")
    return {"door": "wechat", "one_tap": {"relation": binding.relation, "relation_label": label}}


def describe_found(request: Request, found: CodePage) -> dict[str, Any]:
    if found.state == "revoked":
        return {"state": "revoked", "token": ""}
    return {
        "state": found.state,
        "masked_name": found.masked_name,
        "digits": describe_question(found.question),
        "exam": {
            "status": found.status.value,
            "status_label": found.status.label,
            "shown_time": found.shown_time.astimezone(UTC).isoformat()
            if found.shown_time
            else None,
        },
        "locked_until": found.locked_until.astimezone(UTC).isoformat()
        if found.locked_until and not found.needs_staff
        else None,
        "needs_staff": found.needs_staff,
        "consent": None if found.has_consent else boot_consent(request),
    }


def describe_question(question: Question) -> dict[str, Any]:
    return {
        "kind": question.kind,
        "count": question.count,
        "allow_x": question.allows_x,
        "label": question.label,
    }
