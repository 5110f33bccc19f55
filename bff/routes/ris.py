"""For the RIS: the code of an examination, as text and as a picture (tender E1.2)."""

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, json, raw

from bff.access import access
from bff.context import runtime_of
from documents.qr import qr_png
from domain.errors import Invalid
from usecases.exam_code.issue_code import code_for_accession

ris = Blueprint("ris", url_prefix="/api/ris/v1")


@ris.get("/exams/<accession_number:str>/code")
@access("client", "ris")
async def code(request: Request, accession_number: str) -> HTTPResponse:
    """The code's address and the examination's state."""
    runtime = runtime_of(request)
    status, url = await code_for_accession(
        runtime.sealer, runtime.settings.base_url(), accession_number
    )
    body = {"accession_number": accession_number, "status": status.value, "code_url": url}
    return json(body, headers={"Cache-Control": "no-store"})


@ris.get("/exams/<accession_number:str>/code.png")
@access("client", "ris")
async def code_picture(request: Request, accession_number: str) -> HTTPResponse:
    """The QR picture; `?box=` is a module's size in pixels, 2 to 24."""
    runtime = runtime_of(request)
    box = request.args.get("box", "8")
    if not box.isascii() or not box.isdigit() or not 2 <= int(box[:3]) <= 24:
        raise Invalid("box_malformed", "box 应为 2 到 24。")
    _, url = await code_for_accession(runtime.sealer, runtime.settings.base_url(), accession_number)
    headers = {"Cache-Control": "no-store"}
    return raw(qr_png(url, box_px=int(box)), headers=headers, content_type="image/png")
