"""Consent, bindings and guardians: who may look besides, and how it ends."""

from typing import Any

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, empty, json, raw

from bff.access import access, session_token_in
from bff.body import body_of, text_in
from bff.channel import describe_words, known_login, today_in, words_in
from bff.context import context_of, patient_in, runtime_of
from bff.opened import agreed_in, offer_for, opened_body
from bff.session_cookie import close_session
from documents.qr import qr_png
from domain.errors import Denied
from usecases.bindings.bind import bind, unbind_as_patient
from usecases.bindings.guardians import describe_bindings, invite_guardian, revoke_invitation
from usecases.consent.agree import agree
from usecases.consent.withdraw_consent import withdraw_consent

family = Blueprint("family", url_prefix="/api/patient/v1")


def _request_id(request: Request) -> str:
    return str(request.id)[:36]


@family.get("/consent")
@access("public")
async def consent_text(request: Request) -> HTTPResponse:
    """The text that stands now."""
    return json({"consent": describe_words(words_in(request))})


@family.post("/consent")
@access("waiting")
async def give_consent(request: Request) -> HTTPResponse:
    """`{"consent": version, "bind": relation or ""}`: the session opens; home and manifests out.
    `bind` binds this WeChat user at the same time."""
    viewer = patient_in(request)
    relation = text_in(body_of(request), "bind", longest=16)
    session = await agree(viewer, words_in(request), agreed_in(request))
    context_of(request).gate.forget(session_token_in(request))
    login = await known_login(request)
    if relation and login is not None and login.user is not None:
        today = today_in(request)
        await bind(login.user, viewer, relation, today=today, request_id=_request_id(request))
    body = await opened_body(request, viewer, viewer.exam_id, session.expires_at)
    offer = await offer_for(request, login, viewer.exam_id)
    return json(body | ({"bind_offer": offer} if offer else {}))


@family.post("/consent/withdraw")
@access("patient")
async def withdraw(request: Request) -> HTTPResponse:
    """Everything of this person's ends: sessions, bindings, invitations, shares, messages."""
    await withdraw_consent(patient_in(request), request_id=_request_id(request))
    context_of(request).gate.forget_all()
    response = empty(204)
    await close_session(request, response)
    return response


@family.get("/bindings")
@access("patient")
async def bindings(request: Request) -> HTTPResponse:
    """Who may enter for this patient, and who has been invited."""
    return json(await describe_bindings(patient_in(request)))


@family.post("/bindings")
@access("patient")
async def make_binding(request: Request) -> HTTPResponse:
    """`{"relation"}`: this session's WeChat user enters by one tap from now on."""
    login = await known_login(request)
    if login is None or login.user is None:
        raise Denied("wechat_login_needed", "请在微信中打开后再绑定。")
    relation = text_in(body_of(request), "relation", longest=16)
    made = await bind(
        login.user, patient_in(request), relation, today=today_in(request),
        request_id=_request_id(request),
    )  # fmt: skip
    return json({"binding": made.public_id, "relation": made.relation}, 201)


@family.post("/bindings/<binding:str>/end")
@access("patient")
async def end_binding(request: Request, binding: str) -> HTTPResponse:
    """It ends with every session that it opened."""
    await unbind_as_patient(patient_in(request), binding, request_id=_request_id(request))
    context_of(request).gate.forget_all()
    return empty(204)


@family.post("/guardians")
@access("patient")
async def invite(request: Request) -> HTTPResponse:
    """`{"relation"}`: a link for somebody of the family; one use, a day. It is shown once."""
    relation = text_in(body_of(request), "relation", longest=16)
    invited = await invite_guardian(patient_in(request), relation, request_id=_request_id(request))
    url = f"{runtime_of(request).settings.base_url()}/g/{invited.token}"
    body: dict[str, Any] = {
        "id": invited.row.public_id,
        "url": url,
        "relation": invited.row.relation,
        "expires_at": invited.row.expires_at.isoformat(timespec="seconds"),
    }
    return json(body, 201, headers={"Cache-Control": "no-store"})


@family.post("/guardians/code.png")
@access("patient")
async def invitation_picture(request: Request) -> HTTPResponse:
    """`{"url"}`: an invitation's link as a QR picture; only links of ours."""
    url = text_in(body_of(request), "url", longest=200)
    base = runtime_of(request).settings.base_url() + "/g/"
    if not url.startswith(base) or len(url) != len(base) + 22:
        raise Denied("not_our_link", "只能为本院的邀请生成二维码。")
    return raw(qr_png(url, box_px=10), content_type="image/png")


@family.post("/guardians/<invitation:str>/revoke")
@access("patient")
async def revoke(request: Request, invitation: str) -> HTTPResponse:
    """Before it is used; afterwards there is a binding to end."""
    await revoke_invitation(patient_in(request), invitation)
    return empty(204)
