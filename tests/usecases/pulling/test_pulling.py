"""Fetching from a PACS on both databases: nothing twice, nothing forgotten, whatever ends it in the
middle; and a report that says the truth."""

from datetime import UTC, datetime, timedelta

import pytest

from assembly.runtime import Runtime
from domain.access import PatientViewer, StaffViewer, SystemViewer
from domain.errors import Denied, Invalid, Unavailable
from storage.records import pulling
from storage.records.imaging import Instance
from storage.records.pulling import PulledStudy, PullState
from tests.usecases.pulling.conftest import ZONE, MemoryPacs, PeerMaker
from usecases.pulling.gaps import gap_report
from usecases.pulling.poll import poll
from usecases.pulling.repair import repair
from usecases.pulling.windows import Window, windows

NOW = datetime.now(UTC).replace(microsecond=0)
VIEWER = SystemViewer("test")


async def due_now() -> None:
    await PulledStudy.all().update(next_try_at=NOW - timedelta(days=1))


def test_a_stretch_of_time_is_asked_day_by_day() -> None:
    start = datetime(2026, 1, 30, 22, 0, tzinfo=ZONE)
    found = windows(start, datetime(2026, 2, 1, 1, 30, tzinfo=ZONE), ZONE)
    assert [(one.study_date, one.study_time) for one in found] == [
        ("20260201", "000000-013000"), ("20260131", ""), ("20260130", "220000-235959"),
    ]  # fmt: skip
    whole = windows(start, start, ZONE, matches_times=False)
    assert [(one.study_date, one.study_time) for one in whole] == [("20260130", "")]
    first, second = found[1].halves() or pytest.fail("no halves")
    assert (first.first, second.last) == (found[1].first, found[1].last)
    assert second.first - first.last == timedelta(seconds=1)
    minute = Window(found[0].first, found[0].first + timedelta(minutes=5))
    assert minute.halves() is None


async def test_what_is_there_is_fetched_once_and_what_is_new_follows(
    each_runtime: Runtime, peer: PeerMaker
) -> None:
    pacs = MemoryPacs(each_runtime)
    pacs.add("1.5.1", NOW - timedelta(hours=30), s1=[1, 2, 3], s2=[1])
    pacs.add("1.5.2", NOW - timedelta(hours=1), s1=[1])
    pacs.add("1.5.9", NOW - timedelta(days=9), s1=[1])  # before the look-back
    assert await poll(pacs, peer(), ZONE) == 2
    assert await repair(pacs, peer()) == 2
    assert len(pacs.sent) == len(set(pacs.sent)) == 5
    assert pacs.retrievals[0] == 1  # the newest study first
    pacs.add("1.5.3", NOW - timedelta(minutes=3), s1=[1, 2])
    pacs.studies["1.5.2"][1][1].append(2)  # the scanner goes on
    assert await poll(pacs, peer(), ZONE) == 2  # the overlap alone
    assert await repair(pacs, peer()) == 2
    assert len(pacs.sent) == len(set(pacs.sent)) == 8
    assert await Instance.all().count() == 8
    assert await repair(pacs, peer()) == 0


async def test_a_pacs_that_dies_in_the_middle_is_gone_on_with(
    each_runtime: Runtime, peer: PeerMaker
) -> None:
    pacs = MemoryPacs(each_runtime, dies_after=2)
    pacs.add("1.5.1", NOW - timedelta(hours=1), s1=[1, 2, 3, 4], s2=[1, 2], s3=[1])
    small = peer("no_uid_lists")
    await poll(pacs, small, ZONE)
    with pytest.raises(Unavailable):
        await repair(pacs, small)
    assert await Instance.all().count() == 2
    pacs.away, pacs.dies_after = False, 10**9
    assert await repair(pacs, small) == 1
    assert len(pacs.sent) == len(set(pacs.sent)) == 7
    assert set(pacs.retrievals) == {1}


async def test_twelve_images_that_are_gone_here_are_fetched_again(
    each_runtime: Runtime, peer: PeerMaker
) -> None:
    pacs = MemoryPacs(each_runtime)
    pacs.add("1.5.1", NOW - timedelta(hours=5), s1=list(range(1, 31)))
    pacs.add("1.5.2", NOW - timedelta(hours=5), s1=[1])
    await poll(pacs, peer(), ZONE)
    await repair(pacs, peer())
    lost = [f"1.5.1.1.{n}" for n in range(3, 15)]
    await Instance.filter(sop_instance_uid__in=lost).delete()
    pacs.sent.clear()
    (hour,) = (await gap_report(VIEWER, ZONE, days=2)).hours
    assert (hour.theirs, hour.readable, hour.gap, hour.open) == (31, 19, 12, ["1.5.1"])
    await PullState.all().update(swept_at=NOW - timedelta(hours=2))
    await poll(pacs, peer(), ZONE)
    assert await repair(pacs, peer()) == 1
    assert sorted(pacs.sent) == sorted(lost)
    (hour,) = (await gap_report(VIEWER, ZONE, days=2)).hours
    assert (hour.theirs, hour.ours, hour.readable, hour.gap) == (31, 31, 31, 0)
    assert (await gap_report(VIEWER, ZONE, days=2, only_open=True)).hours == []


async def test_one_study_that_cannot_be_had_stops_no_other_and_is_tried_again(
    each_runtime: Runtime, peer: PeerMaker
) -> None:
    pacs = MemoryPacs(each_runtime, refuses={"1.5.1"}, withheld={"1.5.2.1.2"})
    for n in (1, 2, 3):
        pacs.add(f"1.5.{n}", NOW - timedelta(hours=n), s1=[1, 2])
    await poll(pacs, peer(), ZONE)
    assert await repair(pacs, peer()) == 1
    rows = {row.study_instance_uid: row for row in await PulledStudy.all()}
    assert rows["1.5.1"].last_error == "status A702 no"
    assert rows["1.5.1"].next_try_at > NOW
    assert (rows["1.5.2"].ours, rows["1.5.2"].theirs) == (1, 2)
    assert await repair(pacs, peer()) == 0  # not yet
    report = await gap_report(VIEWER, ZONE, days=2, only_open=True)
    assert {hour.open[0]: hour.gap for hour in report.hours} == {"1.5.1": 2, "1.5.2": 1}
    pacs.refuses, pacs.withheld = set(), set()
    await due_now()
    assert await repair(pacs, peer()) == 2
    assert (await gap_report(VIEWER, ZONE, days=2, only_open=True)).hours == []


async def test_a_pacs_that_does_not_count_is_counted_by_us(
    each_runtime: Runtime, peer: PeerMaker
) -> None:
    pacs = MemoryPacs(each_runtime, counts=False)
    pacs.add("1.5.1", NOW - timedelta(hours=1), s1=[1, 2])
    await poll(pacs, peer("no_counts"), ZONE)
    assert await repair(pacs, peer("no_counts")) == 1
    pacs.studies["1.5.1"][1][2] = [1]
    await poll(pacs, peer("no_counts"), ZONE)
    assert await repair(pacs, peer("no_counts")) == 1
    assert len(pacs.sent) == len(set(pacs.sent)) == 3
    (hour,) = (await gap_report(VIEWER, ZONE, days=2)).hours
    assert (hour.theirs, hour.readable) == (3, 3)


@pytest.mark.parametrize(
    ("quirk", "sizes"),
    [
        ("move_cut_at_30_s", [20, 20, 5]),
        ("no_uid_lists", [1] * 45),
        ("no_instance_retrieve", [45]),
    ],
)
async def test_a_quirk_bends_how_is_retrieved(
    runtime: Runtime, peer: PeerMaker, quirk: str, sizes: list[int]
) -> None:
    pacs = MemoryPacs(runtime)
    pacs.add("1.5.1", NOW - timedelta(hours=1), s1=list(range(1, 46)))
    bent = peer(quirk)
    await poll(pacs, bent, ZONE)
    assert await repair(pacs, bent) == 1
    assert pacs.retrievals == sizes


async def test_windows_follow_what_the_pacs_can_answer(runtime: Runtime, peer: PeerMaker) -> None:
    pacs = MemoryPacs(runtime, most_answers=3)
    for n in range(12):
        pacs.add(f"1.5.{n}", NOW - timedelta(hours=2, minutes=30 * n), s1=[1])
    assert await poll(pacs, peer(), ZONE) == 12
    pacs.asked.clear()
    pacs.most_answers = 1000
    await poll(pacs, peer("no_time_matching", sweep_hours=0.01), ZONE)
    assert {one.study_time for one in pacs.asked} == {""}


async def test_a_study_that_the_pacs_has_deleted_is_no_gap(
    runtime: Runtime, peer: PeerMaker
) -> None:
    pacs = MemoryPacs(runtime)
    pacs.add("1.5.1", NOW - timedelta(hours=1), s1=[1])
    await poll(pacs, peer(), ZONE)
    pacs.studies.clear()
    assert await repair(pacs, peer()) == 1
    assert (await gap_report(VIEWER, ZONE, days=2, only_open=True)).hours == []


async def test_the_report_is_for_administrators(runtime: Runtime) -> None:
    admin, doctor = (StaffViewer(1, role, frozenset()) for role in ("admin", "doctor"))  # type: ignore[arg-type]
    assert (await gap_report(admin, ZONE, days=1)).hours == []
    for viewer in (doctor, PatientViewer(1, 1, frozenset())):
        with pytest.raises(Denied):
            await gap_report(viewer, ZONE, days=1)
    with pytest.raises(Invalid):
        await gap_report(admin, ZONE, days=0)


async def test_a_failure_is_remembered_and_forgotten(each_runtime: Runtime) -> None:
    await pulling.note_away("PACS1", "x" * 500, retry_s=60)
    await pulling.note_away("PACS1", "refused", retry_s=60)
    state = await pulling.state_of("PACS1")
    assert (state.failures, state.last_error) == (2, "refused")
    assert state.next_try_at is not None
    await pulling.note_well("PACS1")
    assert (await pulling.state_of("PACS1")).next_try_at is None
