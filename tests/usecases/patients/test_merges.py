"""Merges never lose an examination: not with themselves, in circles, reversed, repeated or undone."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assembly.runtime import Runtime
from domain.access import PatientViewer
from domain.errors import Invalid, NotFound
from domain.exam import PatientType
from domain.messages import MergeMessage, OrderMessage, PatientFacts
from storage.records.exam import Exam
from storage.records.patient import Patient
from storage.records.patient_merge import PatientMerge
from usecases.orders.place_order import place_order
from usecases.patients.merge_patients import list_merges, merge_patients, undo_merge
from usecases.patients.person import numbers_of, person_of
from usecases.viewing.list_history import list_history

ZONE = ZoneInfo("Asia/Shanghai")
T0 = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
NUMBERS = ["P1", "P2", "P3", "P4", "P5"]


def merge(surviving: str, prior: str, minutes: int = 0, *, undo: bool = False) -> MergeMessage:
    sent_at = T0 + timedelta(minutes=minutes)
    return MergeMessage("HIS", f"m{minutes}", sent_at, "HIS", surviving, prior, is_undo=undo)


async def order(runtime: Runtime, number: str, *, sender: str = "HIS", id_card: str = "") -> int:
    message = OrderMessage(
        sender, f"o{number}", T0, PatientFacts(number, "李秀英", id_card=id_card), f"A-{number}",
        "", "胸部CT", "", "CT", PatientType.UNKNOWN, None,
    )  # fmt: skip
    return await place_order(runtime.sealer, message, zone=ZONE)


async def person(number: str) -> set[str]:
    row = await Patient.get(patient_number=number)
    ids = await person_of(row)
    return {
        str(n) for n in await Patient.filter(id__in=ids).values_list("patient_number", flat=True)
    }


async def history_of(exam_id: int) -> set[str]:
    exam = await Exam.get(id=exam_id).prefetch_related("patient")
    viewer = PatientViewer(exam.id, 1, await person_of(exam.patient))
    return {line["accession_number"] for line in await list_history(viewer)}


async def test_merged_patients_share_their_history_until_it_is_undone(runtime: Runtime) -> None:
    first, second = await order(runtime, "P1"), await order(runtime, "P2")
    assert await history_of(first) == {"A-P1"}
    await merge_patients([merge("P2", "P1")])
    assert await history_of(first) == await history_of(second) == {"A-P1", "A-P2"}
    assert await numbers_of("P2") == ["P1", "P2"]
    (line,) = await list_merges()
    assert (line.prior_number, line.surviving_number, line.is_standing) == ("P1", "P2", True)
    await undo_merge(line.id, actor="cli:test")
    assert await history_of(first) == {"A-P1"}
    assert await history_of(second) == {"A-P2"}
    assert [one.is_standing for one in await list_merges()] == [False, False]


async def test_an_old_merge_that_comes_late_does_not_join_what_staff_parted(
    runtime: Runtime,
) -> None:
    await order(runtime, "P1")
    await order(runtime, "P2")
    await merge_patients([merge("P2", "P1", 1)])
    await undo_merge((await list_merges())[0].id, actor="cli:test")
    await merge_patients([merge("P2", "P1", 2), merge("P1", "P2", 3)])
    assert await person("P1") == {"P1"}
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    await merge_patients([MergeMessage("HIS", "new", tomorrow, "HIS", "P2", "P1")])
    assert await person("P1") == {"P1", "P2"}


async def test_a_merge_with_itself_is_refused(runtime: Runtime) -> None:
    await order(runtime, "P1")
    with pytest.raises(Invalid, match="merge_with_itself"):
        await merge_patients([merge("P1", "P1")])
    assert await PatientMerge.all().count() == 0


async def test_a_merge_that_is_not_there_cannot_be_undone(runtime: Runtime) -> None:
    with pytest.raises(NotFound, match="merge_not_found"):
        await undo_merge(7, actor="cli:test")


async def test_merged_numbers_and_id_cards_join_over_each_other(runtime: Runtime) -> None:
    card = "999900195108021045"
    first = await order(runtime, "P1")
    await order(runtime, "P2", id_card=card)
    await order(runtime, "R9", sender="RIS2", id_card=card)
    await order(runtime, "P3")
    await merge_patients([merge("P2", "P1", 1)])
    assert await history_of(first) == {"A-P1", "A-P2", "A-R9"}


async def test_the_same_number_of_another_issuer_is_another_person(runtime: Runtime) -> None:
    await order(runtime, "P1")
    await order(runtime, "P2")
    message = MergeMessage("OTHER", "m", T0, "OTHER", "P2", "P1")
    await merge_patients([message])
    assert await person("P1") == {"P1"}


EVENTS = st.lists(
    st.tuples(st.sampled_from(NUMBERS), st.sampled_from(NUMBERS), st.booleans()), max_size=8
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(events=EVENTS, seed=st.randoms())
async def test_merges_never_lose_an_exam(
    runtime: Runtime, events: list[tuple[str, str, bool]], seed: object
) -> None:
    await PatientMerge.all().delete()
    exams = {number: await order(runtime, number) for number in NUMBERS}
    messages = [
        merge(surviving, prior, minutes, undo=undo)
        for minutes, (surviving, prior, undo) in enumerate(events)
        if surviving != prior
    ]
    seed.shuffle(messages)  # type: ignore[attr-defined]
    for message in messages:
        await merge_patients([message])
    assert await Exam.all().count() == len(NUMBERS)
    persons = {number: await person(number) for number in NUMBERS}
    for number, members in persons.items():
        assert number in members
        assert all(persons[other] == members for other in members)  # a partition
        assert await history_of(exams[number]) == {f"A-{other}" for other in members}
    assert persons == expected_persons(events)


def expected_persons(events: list[tuple[str, str, bool]]) -> dict[str, set[str]]:
    """The same by a plain model: the last word about each pair, then groups."""
    stands = {frozenset((a, b)): not undo for a, b, undo in events if a != b}
    groups = {number: {number} for number in NUMBERS}
    for pair, is_joined in stands.items():
        if is_joined:
            a, b = pair
            whole = groups[a] | groups[b]
            for number in whole:
                groups[number] = whole
    return groups
