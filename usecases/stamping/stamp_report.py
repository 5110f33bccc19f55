"""The RIS' PDF comes back with the examination's code on it. A process of its own does the work, so
that a hostile PDF can take neither the server's memory nor its time."""

import asyncio
import json
import sys

import structlog

from documents.stamp import StampPlace, request_line
from domain.access import Viewer
from domain.errors import Invalid, Unavailable
from domain.ports import Sealer
from storage.records.audit import AuditEntry
from usecases.exam_code.issue_code import code_for_accession, exam_named

AT_ONCE, WAIT_S, WORK_S = 2, 20, 30
REFUSED = 3  # the process' status when the PDF is at fault
_slots = asyncio.Semaphore(AT_ONCE)
log = structlog.get_logger()


async def stamp_report(
    sealer: Sealer, base_url: str, viewer: Viewer, accession_number: str, pdf: bytes,
    place: StampPlace, *, request_id: str = "",
) -> bytes:  # fmt: skip
    """Raises NotFound, Invalid, Unavailable."""
    _, url = await code_for_accession(sealer, base_url, accession_number)
    stamped = await _in_turn(url, pdf, place)
    exam = await exam_named(accession_number)
    await AuditEntry.create(
        actor=viewer.actor, action="report_stamped", exam=exam, request_id=request_id
    )
    return stamped


async def _in_turn(url: str, pdf: bytes, place: StampPlace) -> bytes:
    try:
        await asyncio.wait_for(_slots.acquire(), WAIT_S)
    except TimeoutError as error:
        raise Unavailable("stamping_busy", retry_after_s=5) from error
    try:
        return await _stamp(url, pdf, place)
    finally:
        _slots.release()


async def _stamp(url: str, pdf: bytes, place: StampPlace) -> bytes:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "documents.stamp",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        work = process.communicate(request_line(url, place) + pdf)
        done, said = await asyncio.wait_for(work, WORK_S)
    except TimeoutError as error:
        raise Invalid("pdf_broken", "PDF 文件处理不了,可能已损坏。", detail="too slow") from error
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode == 0:
        return done
    if process.returncode == REFUSED:
        code, message, detail = json.loads(said.splitlines()[-1])
        raise Invalid(code, message, detail=detail)
    log.warning("stamping_failed", status=process.returncode)
    raise Invalid("pdf_broken", "PDF 文件处理不了,可能已损坏。", detail="beyond the limits")
