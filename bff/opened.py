"""What a phone gets when a session opens: session, home and manifests in one trip, or the consent
text that stands before them."""

from datetime import UTC, datetime
from typing import Any

from sanic.request import Request
from sanic.response import HTTPResponse, json

from bff.body import body_of, text_in
from bff.channel import describe_words, today_in, words_in
from bff.context import runtime_of
from bff.session_cookie import set_session
from domain.access import GuestViewer
from domain.errors import Invalid, NotFound
from storage.records.exam import Exam
from storage.records.wechat_login import WeChatLogin
from usecases.bindings.bind import bind_offer
from usecases.identity.verify_digits import OpenedSession
from usecases.viewing.read_images import manifests_of
from usecases.viewing.see_exam import describe_home


def agreed_in(request: Request) -> str:
    """The version of the consent text that the page showed and the person agreed to; "" for none.
    Invalid for a text that is no longer asked, before anything is counted as a try."""
    agreed = text_in(body_of(request), "consent", longest=22)
    if agreed and agreed != words_in(request).version:
        raise Invalid("consent_outdated", "说明有更新,请刷新页面重新阅读后再同意。")
    return agreed


def seen_in(request: Request) -> str:
    """The same where the digits are asked: the text stands on that page beside its button, so that
    who sends digits has seen it (docs/decisions/0042)."""
    return agreed_in(request) or words_in(request).version


async def opened_body(
    request: Request, viewer: GuestViewer, exam_id: int, expires_at: datetime
) -> dict[str, Any]:
    """What the right answer opens."""
    return {
        "session": {"expires_at": expires_at.astimezone(UTC).isoformat()},
        "home": await describe_home(viewer, exam_id, today=today_in(request)),
        "studies": await manifests_of(runtime_of(request).objects, viewer, exam_id),
    }


async def open_response(
    request: Request, opened: OpenedSession, login: WeChatLogin | None
) -> HTTPResponse:
    """The session as a cookie; as a token too for the mini-program, which keeps no cookies."""
    offer = await offer_for(request, login, opened.exam_id)
    if opened.is_waiting:
        expires_at = opened.expires_at.astimezone(UTC).isoformat()
        body: dict[str, Any] = {
            "session": {"expires_at": expires_at},
            "consent": describe_words(words_in(request)),
        }
    else:
        body = await opened_body(request, opened.viewer, opened.exam_id, opened.expires_at)
    body |= {"bind_offer": offer} if offer else {}
    if login is not None and login.is_mini:
        body["session"]["token"] = opened.token
    response = json(body, headers={"Cache-Control": "no-store"})
    set_session(request, response, opened.token)
    return response


async def offer_for(
    request: Request, login: WeChatLogin | None, exam_id: int
) -> list[dict[str, str]]:
    """As what this WeChat user may be bound, so that the next scan is one tap; [] elsewhere."""
    if login is None or login.user is None:
        return []
    exam = await Exam.filter(id=exam_id).prefetch_related("patient").first()
    if exam is None:
        raise NotFound("exam_not_found", "没有找到这项检查。")
    return await bind_offer(login.user, exam, today_in(request))
