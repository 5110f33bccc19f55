"""A2: every route of the application, taken from its own route table, is asked for patient A's things
by everybody who is not A: with A's ids in the path and the query. Who may not call a route is
refused; who may, sees nothing of A. A itself gets its things, so that the ids are known to be right."""

import re
import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from assembly.runtime import Runtime
from bff.access import COOKIE, LOGIN_COOKIE, policy_of
from bff.app import create_app
from domain.access import PatientViewer
from storage.records.exam import Exam
from storage.records.imaging import Instance, Series, Study
from storage.records.session import ViewingSession
from storage.records.share import Share
from storage.records.staff import StaffAccount
from storage.records.wechat_login import WeChatLogin
from storage.records.wechat_user import WeChatUser
from storage.tokens import new_token, sha256_hex
from storage.transactions import db_now
from tests.bff.conftest import base_url
from tests.usecases.matching.test_any_order import ORDER, PATIENT, REPORT, ZONE
from usecases.bindings.bind import make_binding
from usecases.bindings.guardians import invite_guardian
from usecases.exam_code.issue_code import ensure_code
from usecases.orders.place_order import place_order
from usecases.reports.file_report import file_report

__all__ = ["base_url"]

NAME, NUMBER, ACCESSION = "龘靐齉", "PCANARY77", "ACANARY77"
SECRETS = (NAME, NUMBER, ACCESSION)
STUDY, SERIES, INSTANCE = "1.2.77.1", "1.2.77.2", "1.2.77.3"
PARAMETER = re.compile(r"<(\w+)(?::([^>]*))?>")
ENDS_ITS_OWN_CALLER = ("sign-out", "withdraw", "/leave", "/end")
ALLOWED = {
    "patient": {"another patient", "patient A"},
    "waiting": {"another patient", "patient A", "A before consent"},
    "guest": {"another patient", "patient A", "another's share"},
    "owner": {"another patient", "patient A", "doctor elsewhere", "admin elsewhere"},
    "viewer": {"another patient", "patient A", "another's share", "doctor elsewhere",
               "admin elsewhere"},
    "staff": {"doctor elsewhere", "admin elsewhere"},
    "admin": {"admin elsewhere"},
    "wechat": {"a WeChat user"},
    "client": set(),
}  # fmt: skip


@dataclass(frozen=True)
class World:
    """Ids of A's things by the parameter that names them, and a client for each caller."""

    ids: dict[str, str]
    exam: str
    callers: dict[str, httpx.AsyncClient]


async def make_exam(runtime: Runtime, number: str, campus: str, **patient: Any) -> Exam:
    who = replace(PATIENT, **patient)
    order = replace(
        ORDER, accession_number=number, control_id=number, patient=who, campus=campus,
        study_instance_uid="",
    )  # fmt: skip
    exam_id = await place_order(runtime.sealer, order, zone=ZONE)
    report = replace(REPORT, accession_number=number, control_id=f"r{number}", patient=who)
    await file_report(runtime.objects, runtime.sealer, report, zone=ZONE)
    return await Exam.get(id=exam_id).prefetch_related("patient")


async def session(**of: Any) -> tuple[str, ViewingSession]:
    token = new_token()
    ends = await db_now() + timedelta(hours=1)
    return token, await ViewingSession.create(token_sha256=sha256_hex(token), expires_at=ends, **of)


async def share_of(exam: Exam) -> Share:
    now = await db_now()
    return await Share.create(
        public_id=new_token(), token_sha256=sha256_hex(new_token()), exam=exam, made_by="patient:1",
        starts_at=now, ends_at=now + timedelta(days=1), token_sealed=b"x",
    )  # fmt: skip


async def account(state: str, role: str, campus: str) -> StaffAccount:
    return await StaffAccount.create(
        username=secrets.token_hex(4), password_hash="-", role=role, display_name="测试",
        campus=campus, state=state,
    )  # fmt: skip


@pytest.fixture
async def world(runtime: Runtime, base_url: str) -> AsyncIterator[World]:
    mine = await make_exam(
        runtime, ACCESSION, "甲院区", name=NAME, patient_number=NUMBER, id_card="999900195108021045"
    )
    other = await make_exam(
        runtime, "OTHER1", "乙院区", name="王五", patient_number="P2", id_card="99990019900101103X",
        phone="10000001999",
    )  # fmt: skip
    study = await Study.create(public_id=new_token(), study_instance_uid=STUDY, exam=mine)
    series = await Series.create(
        public_id=new_token(), study=study, series_instance_uid=SERIES, modality="CT"
    )
    await Instance.create(
        sop_instance_uid=INSTANCE, sop_class_uid="1.2", transfer_syntax_uid="1.2.840.10008.1.2.1",
        object_key="instances/none", sha256="0" * 64, size=1, series=series,
    )  # fmt: skip
    token_a, session_a = await session(exam=mine)
    viewer = PatientViewer(mine.id, session_a.id, frozenset({mine.patient.id}))
    user = await WeChatUser.create(app_id="a", openid_index="1", openid_sealed=b"x")
    stranger = await WeChatUser.create(app_id="a", openid_index="2", openid_sealed=b"x")
    binding = await make_binding(user, mine.patient, "self", "digits")
    invited = await invite_guardian(viewer, "child")
    login = new_token()
    await WeChatLogin.create(
        token_sha256=sha256_hex(login), user=stranger,
        expires_at=await db_now() + timedelta(hours=1),
    )  # fmt: skip
    doctor, admin = [await account("approved", r, "乙院区") for r in ("doctor", "admin")]
    tokens = {
        "nobody": "",
        "patient A": token_a,
        "another patient": (await session(exam=other))[0],
        "another's share": (await session(exam=other, share=await share_of(other)))[0],
        "A before consent": (await session(exam=mine, is_waiting=True))[0],
        "doctor elsewhere": (await session(account=doctor))[0],
        "admin elsewhere": (await session(account=admin))[0],
        "a WeChat user": "",
    }
    for state in ("pending", "rejected", "cancelled"):
        refused = await account(state, "doctor", "甲院区")
        tokens[f"a doctor who is {state}"] = (await session(account=refused))[0]
    async with AsyncExitStack() as stack:
        callers = {}
        for name, token in tokens.items():
            cookies = {COOKIE: token} if token else {}
            cookies |= {LOGIN_COOKIE: login} if name == "a WeChat user" else {}
            client = httpx.AsyncClient(base_url=base_url, cookies=cookies, timeout=30)
            callers[name] = await stack.enter_async_context(client)
        ids = {
            "token": await ensure_code(runtime.sealer, mine.id), "series": series.public_id,
            "share": (await share_of(mine)).public_id, "binding": binding.public_id,
            "invitation": invited.row.public_id, "exam": mine.public_id, "study": STUDY,
            "instance": INSTANCE, "sop_instance_uid": INSTANCE, "index": "0", "number": ACCESSION,
            "accession_number": ACCESSION, "frames": "1", "frame": "0", "id": mine.public_id,
            "patient": NUMBER,
        }  # fmt: skip
        yield World(ids, mine.public_id, callers)


def routes(runtime: Runtime) -> list[tuple[str, str, str]]:
    """(policy's kind, method, path with its parameters) of everything that the app answers."""
    app = create_app(runtime.settings, name=f"a2_{secrets.token_hex(4)}")
    found = []
    for route in app.router.routes:
        policy = policy_of(route.handler)
        assert policy is not None, route.path
        found += [(policy.kind, method, "/" + route.path) for method in sorted(route.methods)]
    return found


def filled(world: World, path: str) -> str:
    """A's ids where a parameter is; DICOMweb's series is a UID."""

    def value(match: re.Match[str]) -> str:
        name = match[1]
        if name == "series" and "dicomweb" in path:
            return SERIES
        return "x.txt" if match[2] and match[2].endswith("txt") else world.ids.get(name, "1")

    return PARAMETER.sub(value, path)


async def ask(client: httpx.AsyncClient, world: World, method: str, path: str) -> httpx.Response:
    body = {"json": {"exam": world.exam}} if method in ("POST", "PUT", "PATCH", "DELETE") else {}
    query = {"exam": world.exam, "imaging_number": NUMBER, "identifier": NUMBER, "q": ACCESSION}
    return await client.request(method, path, params=query, **body)  # type: ignore[arg-type]


async def test_a2_nobody_sees_or_moves_what_is_not_theirs(runtime: Runtime, world: World) -> None:
    every = routes(runtime)
    assert len(every) > 60
    wrong: list[str] = []
    for kind, method, pattern in every:
        if kind in ("public", "protocol") and method not in ("GET", "HEAD"):
            continue  # what proves itself in the request has tests of its own
        path = filled(world, pattern)
        for name, client in world.callers.items():
            may = kind in ("public", "protocol") or name in ALLOWED[kind]
            if name == "patient A" and (may or method != "GET"):
                continue
            if may and path.endswith(ENDS_ITS_OWN_CALLER):
                continue
            answer = await ask(client, world, method, path)
            if not may and answer.status_code not in (401, 403, 404, 410):
                wrong.append(f"{name} {method} {pattern}: {answer.status_code}")
            if answer.status_code >= 500:
                wrong.append(f"{name} {method} {pattern}: {answer.status_code}")
            wrong += [f"{name} {method} {pattern} saw {s}" for s in SECRETS if s in answer.text]
    assert wrong == []
    owner = world.callers["patient A"]
    for path in ("patient/v1/home", "patient/v1/history", "patient/v1/bindings"):
        mine = await ask(owner, world, "GET", f"/api/{path}")
        assert mine.status_code == 200  # nobody has ended it, and the ids are right
    assert NAME in (await ask(owner, world, "GET", "/api/patient/v1/home")).text
