"""A report is told to who is bound, once a version, and each answer of WeChat's has its consequence;
what WeChat pushes is taken once."""

from datetime import timedelta

import pytest

from assembly.runtime import Runtime
from demo.fake_wechat import FakeWeChat
from domain.notice import fitted
from domain.wechat import Action, WeChatPerson
from integrations.wechat.policy import POLICY
from storage import outbox
from storage.records.binding import Binding
from storage.records.consent import Consent
from storage.records.notice import Notice, WeChatPush
from storage.records.outbox import OutboxRow
from storage.records.report import Report
from storage.records.wechat_user import WeChatUser
from storage.transactions import db_now
from tests.bff.wechat_parts import code_of, fake, report_arrives, settings
from tests.support.wechat import MINI, MINI_TEMPLATE, SERVICE, calls, control
from tests.usecases.matching.test_any_order import ZONE
from usecases.bindings.bind import make_binding
from usecases.reports.file_report import file_report
from usecases.wechat.people import person_row
from workers.inline import drain

__all__ = ["fake", "settings"]

SEND = "/cgi-bin/message/template/send"


@pytest.fixture
async def alice(runtime: Runtime, fake: FakeWeChat) -> WeChatUser:
    """Bound to 李秀英, whose examination is under way; she follows the service account."""
    await code_of(runtime)
    app = fake.world.apps[SERVICE]
    user = await person_row(runtime.sealer, WeChatPerson(SERVICE, fake.world.openid(app, "alice")))
    from storage.records.patient import Patient

    await make_binding(user, await Patient.get(), "self", "digits")
    await drain(runtime)
    return user


def sent(fake: FakeWeChat) -> list[str]:
    return [message["kind"] for message in fake.world.messages]


async def test_one_message_a_version_with_examination_and_time_alone(
    runtime: Runtime, fake: FakeWeChat, alice: WeChatUser
) -> None:
    told = await report_arrives(runtime)
    await drain(runtime)
    await file_report(runtime.objects, runtime.sealer, told, zone=ZONE)  # the same message again
    await drain(runtime)
    (message,) = fake.world.messages
    assert set(message["data"]) == {"thing1", "time2"}
    assert message["data"]["thing1"]["value"] == "颅脑CT"
    assert (
        "诊断" not in str(message) and "所见" not in str(message) and "李秀英" not in str(message)
    )
    await report_arrives(runtime, control_id="9")  # a corrected version
    await drain(runtime)
    assert sent(fake) == ["template", "template"]
    assert await OutboxRow.filter(dead_at=None).count() == 0


async def test_the_profile_is_learned_beside_the_login(
    runtime: Runtime, fake: FakeWeChat, alice: WeChatUser
) -> None:
    await alice.refresh_from_db()
    assert alice.is_subscribed is True and alice.unionid_index


async def test_an_old_report_is_no_news(
    runtime: Runtime, fake: FakeWeChat, alice: WeChatUser
) -> None:
    await report_arrives(runtime)
    await Report.all().update(created_at=await db_now() - timedelta(days=4))
    await drain(runtime)
    assert sent(fake) == [] and (await Report.get()).noticed_at is not None


async def test_withdrawn_consent_is_quiet_also_for_what_waits(
    runtime: Runtime, fake: FakeWeChat, alice: WeChatUser
) -> None:
    await report_arrives(runtime)
    control(fake, "fault", path=SEND, times=1, errcode=45011)
    for _ in range(3):
        await drain(runtime, ignore_delay=False)
    now = await db_now()
    binding = await Binding.get().prefetch_related("patient")
    await Consent.create(
        patient=binding.patient, version="v", actor="patient:1", agreed_at=now, withdrawn_at=now
    )
    await OutboxRow.all().update(available_at=now)
    await drain(runtime)
    assert sent(fake) == [] and (await Notice.get()).state == "quiet"
    await report_arrives(runtime, control_id="9")
    await drain(runtime)
    assert await Notice.all().count() == 1


@pytest.mark.parametrize("errcode", [code for code in POLICY if code is not None])
async def test_what_each_code_makes_of_a_message(
    runtime: Runtime, fake: FakeWeChat, alice: WeChatUser, errcode: int
) -> None:
    control(fake, "fault", path=SEND, times=99, errcode=errcode)
    await report_arrives(runtime)
    for _ in range(8):
        row = await OutboxRow.get_or_none(topic="send_notice")
        if POLICY[errcode] in (Action.NEXT_MINUTE, Action.NEXT_DAY) and row and row.last_error:
            break
        await drain_once(runtime)
    notice = await Notice.get(channel="template")
    match POLICY[errcode]:
        case Action.NEXT_MINUTE | Action.NEXT_DAY:
            waiting = await OutboxRow.get(topic="send_notice")
            assert notice.state == "waiting" and waiting.attempts == 0
            assert waiting.available_at > await db_now() + timedelta(seconds=30)
            assert sent(fake) == []
        case Action.RETRY | Action.REFRESH:
            assert (notice.state, notice.tries, sent(fake)) == ("moved", 3, ["sms"])
        case Action.CHANNEL_DEAD:
            await alice.refresh_from_db()
            assert alice.dead_at is not None
            assert (notice.state, sent(fake)) == ("moved", ["sms"])
            assert len(calls(fake, SEND)) == 1
        case Action.ALARM:
            assert (notice.state, sent(fake)) == ("moved", ["sms"])
        case _:
            assert (notice.state, notice.errcode, sent(fake)) == ("dead", errcode, [])


async def drain_once(runtime: Runtime) -> None:
    """What is asked for now, whatever it was told to wait."""
    from workers.jobs import STALE_BY_TOPIC, batches, run_rows

    claimed = await outbox.claim_due(50, stale_after_s=STALE_BY_TOPIC, ignore_delay=True)
    for rows in batches(claimed):
        await run_rows(runtime, rows[0].topic, [r.subject for r in rows], rows[0].attempts)


async def test_a_text_message_holds_no_more_than_the_other(
    runtime: Runtime, fake: FakeWeChat, alice: WeChatUser
) -> None:
    await WeChatUser.all().update(dead_at=await db_now())
    await report_arrives(runtime)
    await drain(runtime)
    (message,) = fake.world.messages
    assert message["phone"] == "10000001037"
    assert set(message["params"]) == {"hospital", "procedure", "reported_at"}


async def test_the_mini_program_is_told_as_often_as_it_was_accepted(
    runtime: Runtime, fake: FakeWeChat
) -> None:
    await code_of(runtime)
    from storage.records.patient import Patient

    openid = fake.world.openid(fake.world.apps[MINI], "bob")
    user = await person_row(runtime.sealer, WeChatPerson(MINI, openid, "u1", is_mini=True))
    await make_binding(user, await Patient.get(), "self", "digits")
    await WeChatUser.all().update(message_credits=1)
    control(fake, "grant", user="bob", template_id=MINI_TEMPLATE)
    await report_arrives(runtime)
    await drain(runtime)
    await report_arrives(runtime, control_id="9")
    await drain(runtime)
    assert sent(fake) == ["subscribe", "sms"]


async def push(runtime: Runtime, fake: FakeWeChat, **fields: str) -> None:
    from usecases.messages.take_push import keep_push

    openid = fake.world.openid(fake.world.apps[SERVICE], "alice")
    await keep_push(runtime.sealer, SERVICE, {"FromUserName": openid, "CreateTime": "1", **fields})
    await drain(runtime)


@pytest.mark.parametrize(
    ("status", "state", "kinds"),
    [
        ("success", "delivered", ["template"]),
        ("failed:user block", "moved", ["template", "sms"]),
        ("failed: system failed", "moved", ["template", "sms"]),
    ],
)
async def test_what_wechat_says_of_a_sent_message(
    runtime: Runtime, fake: FakeWeChat, alice: WeChatUser, status: str, state: str, kinds: list[str]
) -> None:
    await report_arrives(runtime)
    await drain(runtime)
    msg_id = str(fake.world.messages[0]["msgid"])
    for _ in range(3):  # it comes three times
        await push(runtime, fake, Event="TEMPLATESENDJOBFINISH", MsgID=msg_id, Status=status)
    assert (await Notice.get(channel="template")).state == state
    assert sent(fake) == kinds
    assert await WeChatPush.all().count() == 1
    await alice.refresh_from_db()
    assert (alice.dead_at is not None) is (status == "failed:user block")


async def test_who_leaves_and_comes_back(
    runtime: Runtime, fake: FakeWeChat, alice: WeChatUser
) -> None:
    await push(runtime, fake, Event="unsubscribe")
    await alice.refresh_from_db()
    assert alice.dead_at is not None
    await push(runtime, fake, Event="subscribe")
    await alice.refresh_from_db()
    assert alice.dead_at is None and alice.is_subscribed


@pytest.mark.parametrize(
    ("field", "text", "fits"),
    [
        ("thing1", "颅" * 30, "颅" * 19 + "…"), ("thing1", "a\nb\x00c", "a b c"),
        ("thing1", "", "影像检查"), ("phrase3", "颅脑增强扫描", "颅脑增强…"),
    ],
)  # fmt: skip
def test_a_field_takes_what_its_kind_allows(field: str, text: str, fits: str) -> None:
    assert fitted(field, text) == fits
