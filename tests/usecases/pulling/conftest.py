"""A PACS in memory that keeps a ledger of what it was asked and may misbehave."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from assembly.runtime import Runtime
from domain.errors import Refused, Unavailable
from integrations.pacs.peers import Peer, Pull
from integrations.pacs.quirks import habits_of
from tests.support.archive import CT, WANG, instance
from tests.usecases.rendering.conftest import feeder
from usecases.pulling.archive import RemoteInstance, RemoteSeries, RemoteStudy
from usecases.pulling.windows import Window

ZONE = ZoneInfo("Asia/Shanghai")


@dataclass
class MemoryPacs:
    """`studies`: UID -> (date and time, series -> numbers of instances). What it sends arrives in
    `runtime` through `deliver`."""

    runtime: Runtime
    studies: dict[str, tuple[datetime, dict[int, list[int]]]] = field(default_factory=dict)
    counts: bool = True
    away: bool = False
    most_answers: int = 1000
    withheld: set[str] = field(default_factory=set)  # SOP instances that it never sends
    refuses: set[str] = field(default_factory=set)  # studies of which it sends nothing
    dies_after: int = 10**9  # retrievals until it is away
    asked: list[Window] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)
    retrievals: list[int] = field(default_factory=list)

    def add(self, uid: str, at: datetime, **series: list[int]) -> None:
        self.studies[uid] = at, {int(name[1:]): numbers for name, numbers in series.items()}

    def _up(self) -> None:
        if self.away:
            raise Unavailable("pacs_away", detail="connection refused")

    async def find_studies(self, window: Window) -> list[RemoteStudy]:
        self._up()
        self.asked.append(window)
        found = [
            self._study(uid)
            for uid, (at, _) in self.studies.items()
            if window.first <= at.astimezone(ZONE).replace(tzinfo=None) <= window.last
        ]
        if len(found) > self.most_answers:
            raise Refused("pacs_refused", detail="status A700 too many")
        return found

    async def find_study(self, study_instance_uid: str) -> RemoteStudy | None:
        self._up()
        return self._study(study_instance_uid) if study_instance_uid in self.studies else None

    def _study(self, uid: str) -> RemoteStudy:
        at, series = self.studies[uid]
        count = sum(map(len, series.values())) if self.counts else None
        local = at.astimezone(ZONE)
        return RemoteStudy(uid, f"{local:%Y%m%d}", f"{local:%H%M%S.000}", ("CT",), count)

    async def find_series(self, study_instance_uid: str) -> list[RemoteSeries]:
        self._up()
        series = self.studies[study_instance_uid][1]
        return [
            RemoteSeries(f"{study_instance_uid}.{n}", len(series[n]) if self.counts else None)
            for n in series
        ]

    async def find_instances(self, study: str, series: str) -> list[RemoteInstance]:
        self._up()
        numbers = self.studies[study][1][int(series.rpartition(".")[2])]
        return [RemoteInstance(f"{series}.{n}", CT) for n in numbers]

    async def fetch(
        self, study: str, series: str, instances: list[RemoteInstance], *, is_whole_series: bool
    ) -> str:
        self._up()
        if study in self.refuses:
            raise Refused("pacs_refused", detail="status A702 no")
        self.retrievals.append(len(instances))
        wanted = instances
        if is_whole_series:
            wanted = await self.find_instances(study, series)
        wanted = [one for one in wanted if one.sop_instance_uid not in self.withheld]
        at = self.studies[study][0].astimezone(ZONE)
        more = {"StudyInstanceUID": study, "StudyDate": f"{at:%Y%m%d}", "StudyTime": f"{at:%H%M%S}"}
        number = int(series.rpartition(".")[2])
        new = [one for one in wanted if one.sop_instance_uid not in self.sent]
        self.sent += [one.sop_instance_uid for one in wanted]
        await feeder(self.runtime)(
            [
                instance(WANG, more, number, int(one.sop_instance_uid.rpartition(".")[2]))
                for one in new
            ]
        )
        if len(self.retrievals) >= self.dies_after:
            self.away = True
        return "" if len(wanted) == len(instances) else "1 failed on their side"


PeerMaker = Callable[..., Peer]


@pytest.fixture
def peer() -> PeerMaker:
    def make(*quirks: str, **changes: object) -> Peer:
        pull = Pull(**{"look_back_days": 2.0, "overlap_hours": 2.0, **changes})  # type: ignore[arg-type]
        return Peer("PACS1", "PACS1", host="h", port=1, quirks=quirks, habits=habits_of(quirks),
                    pull=pull)  # fmt: skip

    return make
