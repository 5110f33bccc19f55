"""What is over at the patients' doors goes, what may still be asked for stays, and the audit says
how much went; a worker does it without being asked."""

import asyncio
from contextlib import suppress
from datetime import timedelta

from assembly.runtime import Runtime
from storage.records.audit import AuditEntry
from storage.records.binding import GuardianInvitation
from storage.records.entry_ticket import EntryTicket
from storage.records.failed_try import FailedTry
from storage.records.notice import WeChatPush
from storage.records.patient import Patient
from storage.records.wechat_login import WeChatLogin, WeChatState
from storage.tokens import new_token
from storage.transactions import db_now
from usecases.entry.sweep_doors import sweep_doors
from workers import upkeep

OLD, FRESH = timedelta(days=3), timedelta(hours=1)


async def fill(age: timedelta) -> None:
    """One row of each kind that ended (or was made) so long ago; only the age of the rows that are
    kept longest is multiplied."""
    end = await db_now() - age
    login = await WeChatLogin.create(token_sha256=new_token(), expires_at=end)
    await WeChatState.create(
        state_sha256=new_token(), login=login, target_sealed=b"x", expires_at=end
    )
    await EntryTicket.create(
        ticket_sha256=new_token(), door="webview", login=login, target_sealed=b"x", expires_at=end
    )
    await FailedTry.create(at=end)
    for body in (None, b"x"):
        push = await WeChatPush.create(dedupe_key=new_token(), app_id="a", body_sealed=body)
        await WeChatPush.filter(id=push.id).update(created_at=end - 4 * age)
    patient = await Patient.create(sender="his", patient_number=new_token(), name="李秀英")
    await GuardianInvitation.create(
        public_id=new_token(), token_sha256=new_token(), patient=patient, relation="child",
        made_by="patient:1", expires_at=end - 10 * age,
    )  # fmt: skip


async def counts() -> list[int]:
    tables = (WeChatLogin, WeChatState, EntryTicket, FailedTry, GuardianInvitation, WeChatPush)
    return [await table.all().count() for table in tables]


async def test_what_is_over_goes_and_the_audit_says_so(each_runtime: Runtime) -> None:
    await fill(OLD)
    await fill(FRESH)
    gone = await sweep_doors()
    assert gone == dict.fromkeys(
        ("wechat_login", "wechat_state", "entry_ticket", "failed_try", "guardian_invitation",
         "wechat_push"), 1,
    )  # fmt: skip
    assert await counts() == [1, 1, 1, 1, 1, 3]  # a push that is not done waits for its job
    said = await AuditEntry.filter(actor="system", action="swept").values_list("outcome", flat=True)
    assert sorted(said) == sorted(f"{name} 1" for name in gone)
    assert await sweep_doors() == {}
    assert await AuditEntry.all().count() == len(gone)


async def test_a_worker_sweeps_by_itself(runtime: Runtime) -> None:
    await fill(OLD)
    task = asyncio.create_task(upkeep.keep_up(runtime))
    async with asyncio.timeout(60):
        while (await counts())[:5] != [0, 0, 0, 0, 0]:
            await asyncio.sleep(0.02)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
