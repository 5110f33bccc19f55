"""Hospital views in a real PostgreSQL and a real MariaDB, read through the whole way."""

import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from assembly.runtime import Runtime
from integrations.his.view_link import ViewDown, ViewProblem, read_rows
from integrations.his.views import View
from storage.records.exam import Exam
from storage.records.inbox import InboundMessage
from storage.records.patient import Patient
from storage.records.report import Report
from storage.records.view_mark import ViewMark
from tests.conftest import REPOSITORY
from tests.support.servers import free_port
from usecases.hospital_views.read_view import Reading, read_view
from workers import view_poller
from workers.view_poller import poll_once

ZONE = ZoneInfo("Asia/Shanghai")
SECRET = "s3cret-word"
TABLES = {
    "postgres": (
        "CREATE TABLE exams (jch varchar(32), pid int, xm varchar(40), xb char(1), sfzh varchar(20),"
        " sblx varchar(8), xmmc varchar(80), yysj timestamp, zf int, gxsj timestamp)",
        "CREATE TABLE reports (jch varchar(32), pid int, sj text, zd text, pdf bytea, zt varchar(8),"
        " gxsj timestamp)",
        "CREATE TABLE written (x int)",
        "CREATE FUNCTION scribble() RETURNS int LANGUAGE sql VOLATILE AS"
        " 'INSERT INTO written VALUES (1) RETURNING 1'",
    ),
    "mariadb": (
        "CREATE TABLE exams (jch varchar(32), pid int, xm varchar(40), xb char(1), sfzh varchar(20),"
        " sblx varchar(8), xmmc varchar(80), yysj datetime, zf int, gxsj datetime(6)) CHARSET gbk",
        "CREATE TABLE reports (jch varchar(32), pid int, sj text, zd text, pdf longblob, zt varchar(8),"
        " gxsj datetime(6)) CHARSET gbk",
        "CREATE TABLE written (x int) ENGINE=InnoDB",
        "CREATE FUNCTION scribble() RETURNS int MODIFIES SQL DATA BEGIN"
        " INSERT INTO written VALUES (1); RETURN 1; END",
    ),
}  # fmt: skip
COLUMNS = {
    "accession_number": "JCH", "patient_number": "pid", "name": "xm", "sex": "xb", "id_card": "sfzh",
    "modality": "sblx", "procedure": "xmmc", "scheduled_at": "yysj", "is_cancelled": "zf",
}  # fmt: skip


@dataclass
class Hospital:
    """A database that is not ours, with a reader who has a password."""

    engine: AsyncEngine
    exams: View
    reports: View

    async def run(self, sql: str, **values: Any) -> None:
        async with self.engine.begin() as connection:
            await connection.execute(sa.text(sql), values)

    async def add(self, jch: str, at: datetime, **changes: Any) -> None:
        values = {
            "jch": jch, "pid": 1001, "xm": "李秀英", "xb": "女", "sfzh": "999900195108021045",
            "sblx": "CT", "xmmc": "颅脑CT", "yysj": local(at), "zf": 0, "gxsj": local(at),
        } | changes  # fmt: skip
        names = ", ".join(f":{name}" for name in values)
        await self.run(f"INSERT INTO exams VALUES ({names})", **values)


def local(at: datetime) -> datetime:
    return at.astimezone(ZONE).replace(tzinfo=None, microsecond=0)


def now(minutes: float = 0) -> datetime:
    return datetime.now(UTC) + timedelta(minutes=minutes)


@pytest.fixture(params=["postgres", "mariadb"])
async def hospital(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Hospital]:
    kind = request.param
    server = request.getfixturevalue(f"{kind}_url")
    name = f"ris_{os.urandom(4).hex()}"
    scheme = {"postgres": "postgresql+asyncpg", "mariadb": "mysql+aiomysql"}[kind]
    root = sa.engine.make_url(server).set(drivername=scheme)
    admin = create_async_engine(root, isolation_level="AUTOCOMMIT")
    async with admin.connect() as connection:
        await connection.execute(sa.text(f"CREATE DATABASE {name}"))
        if kind == "mariadb":  # may write, so that only our own read-only session keeps us from it
            who = f"reader_{name}"
            await connection.execute(sa.text(f"CREATE USER {who}@'%' IDENTIFIED BY '{SECRET}'"))
            await connection.execute(sa.text(f"GRANT ALL ON {name}.* TO {who}@'%'"))
    await admin.dispose()
    engine = create_async_engine(root.set(database=name))
    async with engine.begin() as connection:
        for statement in TABLES[kind]:
            await connection.execute(sa.text(statement))
    reader = "cloudfilm" if kind == "postgres" else f"reader_{name}"
    password = tmp_path / "password"
    password.write_text(SECRET + "\n")
    address = f"{'postgresql' if kind == 'postgres' else 'mysql'}://{reader}@{root.host}:{root.port}/{name}"
    exams = View(
        name="ris_exams", kind="exams", url=address, sender="RIS", timestamp="gxsj", columns=COLUMNS,
        sql="SELECT * FROM exams WHERE gxsj >= :since ORDER BY gxsj", password_file=str(password),
        constants={"campus": "东院区"},
    )  # fmt: skip
    reports = replace(
        exams, name="ris_reports", kind="reports", constants={},
        sql="SELECT * FROM reports WHERE gxsj >= :since ORDER BY gxsj",
        columns={"accession_number": "jch", "patient_number": "pid", "findings": "sj",
                 "impression": "zd", "pdf": "pdf", "state": "zt"},
    )  # fmt: skip
    yield Hospital(engine, exams, reports)
    await engine.dispose()


async def take(runtime: Runtime, view: View) -> Reading:
    return await read_view(runtime.objects, runtime.sealer, view, read_rows, ZONE)


async def test_exams_and_reports_come_once_and_their_changes_too(
    runtime: Runtime, hospital: Hospital
) -> None:
    await hospital.add("A1", now(-30))
    await hospital.add("A2", now(-20), xmmc="胸部CT 囍", pid=1002, xm="王小明")
    assert await take(runtime, hospital.exams) == Reading(taken=2)
    assert await take(runtime, hospital.exams) == Reading(known=1)  # the overlap
    exam = await Exam.get(accession_number="A1").prefetch_related("patient")
    assert (exam.sender, exam.procedure, exam.campus) == ("RIS", "颅脑CT", "东院区")
    assert (exam.patient.patient_number, exam.patient.name) == ("1001", "李秀英")
    assert exam.patient.sex == "F" and exam.patient.id_card_sealed is not None
    await hospital.run("UPDATE exams SET zf = 1, gxsj = :t WHERE jch = 'A1'", t=local(now(-1)))
    assert (await take(runtime, hospital.exams)).taken == 1
    assert (await Exam.get(accession_number="A1")).status == "cancelled"
    pdf = b"%PDF-1.4 x".hex()
    data = (
        f"UNHEX('{pdf}')" if hospital.exams.url.startswith("mysql") else f"decode('{pdf}', 'hex')"
    )
    await hospital.run(
        f"INSERT INTO reports VALUES ('A2', 1002, :sj, '未见异常', {data}, '已审核', :t)",
        sj="第一行\n第二行", t=local(now(-1)),
    )  # fmt: skip
    assert await take(runtime, hospital.reports) == Reading(taken=1)
    report = await Report.get().prefetch_related("exam")
    assert (report.exam.accession_number, report.exam.status) == ("A2", "completed")
    assert report.findings == "第一行\n第二行" and report.pdf_key
    assert await Patient.all().count() == 2


async def test_a_bad_row_is_told_and_the_rest_goes_on(runtime: Runtime, hospital: Hospital) -> None:
    await hospital.add("A1", now(-9))
    await hospital.add("", now(-8))
    await hospital.add("A3", now(-7))
    assert await take(runtime, hospital.exams) == Reading(taken=2, refused=1)
    assert (await take(runtime, hospital.exams)).refused == 0  # told once
    bad = await InboundMessage.get(answer="AE")
    assert (bad.problem, bad.peer) == ("value_missing accession_number", "view:ris_exams")
    mark = await ViewMark.get(name="ris_exams")
    assert (mark.rows_taken, mark.rows_refused, mark.failures) == (2, 1, 0)


async def test_reading_goes_on_where_it_broke_off(
    runtime: Runtime, hospital: Hospital, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(12):
        await hospital.add(f"A{n:02d}", now(-60 + n))
    monkeypatch.setattr("integrations.his.view_link.PART", 4)

    async def broken(*arguments: Any) -> AsyncIterator[list[dict[str, Any]]]:
        parts = 0
        async for part in read_rows(*arguments):
            yield part
            parts += 1
            if parts == 2:
                raise ViewDown("cut")

    view = replace(hospital.exams, overlap_s=1)
    with pytest.raises(ViewDown):
        await read_view(runtime.objects, runtime.sealer, view, broken, ZONE)
    assert await Exam.all().count() == 8
    done = await take(runtime, view)
    assert (done.taken, done.known) == (4, 1)
    assert await Exam.all().count() == 12


async def test_a_stamp_in_the_future_does_not_hide_what_comes_later(
    runtime: Runtime, hospital: Hospital
) -> None:
    await hospital.add("A1", now(60 * 24 * 365))
    await take(runtime, hospital.exams)
    await hospital.add("A2", now())
    assert (await take(runtime, hospital.exams)).taken == 1


async def test_a_column_that_is_not_there_and_a_wrong_query_are_clear(
    runtime: Runtime, hospital: Hospital
) -> None:
    columns = hospital.exams.columns | {"phone": "lxdh"}
    with pytest.raises(ViewProblem, match=r"no column 'lxdh' for phone; it has: gxsj, jch, pid"):
        await take(runtime, replace(hospital.exams, columns=columns))
    with pytest.raises((ViewProblem, ViewDown), match="nowhere"):
        await take(runtime, replace(hospital.exams, sql="SELECT * FROM nowhere WHERE x > :since"))


async def test_the_session_cannot_write(runtime: Runtime, hospital: Hospital) -> None:
    sql = "SELECT scribble() AS jch, e.* FROM exams e WHERE gxsj >= :since"
    await hospital.add("A1", now(-1))
    with pytest.raises((ViewProblem, ViewDown), match=r"(?i)read.only"):
        await take(runtime, replace(hospital.exams, sql=sql))
    async with hospital.engine.connect() as connection:
        count = await connection.execute(sa.text("SELECT count(*) FROM written"))
        assert count.scalar() == 0


async def test_a_query_that_takes_too_long_is_ended(runtime: Runtime, hospital: Hospital) -> None:
    is_postgres = hospital.exams.url.startswith("postgresql")
    await hospital.add("A1", now(-1))
    sleep = "pg_sleep(60)" if is_postgres else "SLEEP(60)"
    sql = f"SELECT e.*, {sleep} AS zzz FROM exams e WHERE gxsj >= :since"
    with pytest.raises((ViewProblem, ViewDown)):
        await take(runtime, replace(hospital.exams, sql=sql, time_limit_s=0.5))
    assert await Exam.all().count() == 0


async def test_a_dead_database_is_waited_for_and_no_password_is_told(
    runtime: Runtime, hospital: Hospital, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[Any] = []
    monkeypatch.setattr(view_poller.log, "warning", lambda *a, **k: told.append((a, k)))
    scheme, rest = hospital.exams.url.split("://")
    database = rest.rsplit("/", 1)[1]
    dead = replace(
        hospital.exams, url=f"{scheme}://u:{SECRET}@127.0.0.1:{free_port()}/{database}",
        password_file="", poll_s=1,
    )  # fmt: skip
    assert [await poll_once(dead, runtime) for _ in range(3)] == [5, 15, 60]
    wrong = replace(hospital.exams, url=hospital.exams.url.replace(database, "no_such_place"))
    await poll_once(wrong, runtime)
    mark = await ViewMark.get(name="ris_exams")
    assert mark.failures == 4 and mark.last_error
    assert SECRET not in str(told) + mark.last_error
    await hospital.add("A1", now(-1))
    assert await poll_once(hospital.exams, runtime) == hospital.exams.poll_s
    assert (await ViewMark.get(name="ris_exams")).failures == 0


def toml_of(view: View, **changes: str) -> str:
    lines = [f"[{view.name}]"]
    for key in ("kind", "url", "sender", "timestamp", "sql", "password_file"):
        lines.append(
            f"{key} = {json.dumps(changes.get(key, getattr(view, key)), ensure_ascii=False)}"
        )
    pairs = ", ".join(f"{key} = {json.dumps(value)}" for key, value in view.columns.items())
    return "\n".join([*lines, f"columns = {{ {pairs} }}", ""])


def cloudfilm(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "CLOUDFILM_DATA_DIR": str(folder / "var")}
    return subprocess.run(
        command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False
    )


async def test_check_views_shows_what_would_come_and_takes_nothing(
    hospital: Hospital, tmp_path: Path
) -> None:
    await hospital.add("A1", now(-1))
    file = tmp_path / "views.toml"
    file.write_text(toml_of(hospital.exams))
    command = [sys.executable, "-m", "cli.main", "check-views", str(file)]
    good = cloudfilm(command, tmp_path)
    assert good.returncode == 0, good.stdout + good.stderr
    assert "✓ [ris_exams] exams: 1 rows since" in good.stdout
    assert "10*** 李*英 F" in good.stdout and "A1 CT 颅脑CT" in good.stdout
    assert "999900195108021045" not in good.stdout and SECRET not in good.stdout
    await hospital.add("", now(-1))
    file.write_text(toml_of(hospital.exams))
    bad = cloudfilm(command, tmp_path)
    assert bad.returncode == 1 and "value_missing accession_number: 1 rows" in bad.stdout
    assert not (tmp_path / "var").exists()
