"""Where WeChat pushes events: checked, written down, answered at once; a job does the rest."""

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, text

from bff.access import access
from bff.channel import wechat_in
from bff.context import runtime_of
from domain.errors import Refused
from usecases.messages.take_push import keep_push

wechat_push = Blueprint("wechat_push")


def _query(request: Request) -> dict[str, str]:
    return {name: str(values[0]) for name, values in request.args.items()}


@wechat_push.get("/wechat/push")
@access("public")
async def check(request: Request) -> HTTPResponse:
    """The console makes sure that this address is ours."""
    query = _query(request)
    if not wechat_in(request).check_url(query):
        raise Refused("push_refused", detail="the check is not signed as it should be")
    return text(query.get("echostr", "")[:200])


@wechat_push.post("/wechat/push")
@access("public")
async def push(request: Request) -> HTTPResponse:
    """An encrypted event. A repeat of it (three tries within five seconds each) is taken once."""
    fields = wechat_in(request).open_push(_query(request), request.body)
    runtime = runtime_of(request)
    await keep_push(runtime.sealer, runtime.settings.wechat_app_id, fields)
    return text("success")
