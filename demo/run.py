"""`make demo`: the real processes on embedded defaults, examples through the front doors, a QR code
to scan, and `demo.json` for programs."""

import asyncio
import contextlib
import fcntl
import os
import secrets
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from assembly.runtime import open_runtime
from assembly.settings import Settings
from demo import front_doors
from demo.dicom_files import files_of, image_count
from demo.examples import Example, examples
from demo.own_files import look_through, to_send
from demo.record import Memory, ShownExam, write_atomically
from demo.wechat import describe_fake, fake_wechat_for
from dicomnet.errors import ProtocolError
from dicomnet.services.storage_scu import SendableObject
from documents.qr import qr_terminal
from integrations.pacs.peer_file import load_peers
from supervisor.lan import address_in_lan
from supervisor.problems import CannotStart, check_folder
from supervisor.supervise import Supervisor
from usecases.oauth.register_client import Registration, is_name_taken, register_client
from usecases.staff.accounts import make_account, make_client

DEFAULT_PORT = 8080
ADMIN, DOCTOR = "admin", "doctor"
RIS_CLIENT = "demo-ris"
OAUTH_CLIENT, READ_SCOPES = "demo-portal", "exams.read dicomweb.read fhir.read"


def demo_settings(port: int, host: str, data_dir: Path) -> Settings:
    """DICOM and HL7 stand on their usual ports with the usual HTTP port, else beside it."""
    settings = Settings(bff_host=host, bff_port=port, data_dir=data_dir)
    if port != DEFAULT_PORT:
        step = 1 if port <= 65533 else -1
        settings.dicom_port, settings.hl7_port = port + step, port + 2 * step
    if host == "0.0.0.0":  # noqa: S104 - asked for, so that a phone in the same network can scan
        settings.oauth_over_http = True
        settings.public_base_url = f"http://{address_in_lan()}:{port}"
    return settings


async def run_demo(
    *,
    port: int,
    host: str,
    dicom_folder: Path | None,
    data_dir: Path,
    is_wechat_faked: bool = False,
) -> None:
    """Runs until Ctrl-C or TERM; then everything it started has ended. Raises CannotStart."""
    if dicom_folder is not None and not dicom_folder.is_dir():  # noqa: ASYNC240
        raise CannotStart(f"没有文件夹 {dicom_folder}。 There is no folder {dicom_folder}.")
    check_folder(data_dir)
    task = asyncio.current_task()
    assert task is not None
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    with contextlib.suppress(asyncio.CancelledError), _only_one(data_dir):
        settings = demo_settings(port, host, data_dir)
        await _Demo(settings, dicom_folder, is_wechat_faked=is_wechat_faked).run()


@contextmanager
def _only_one(data_dir: Path) -> Iterator[None]:
    with (data_dir / "demo.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise CannotStart(
                f"数据文件夹 {data_dir} 已有一个演示在运行。"
                " Another demonstration runs on this data folder."
            ) from error
        yield


@dataclass(slots=True)
class _Study:
    """One example with what its scanner sends."""

    example: Example
    count: int
    own_objects: list[SendableObject] | None = None


class _Demo:
    def __init__(
        self, settings: Settings, dicom_folder: Path | None, *, is_wechat_faked: bool
    ) -> None:
        self.settings = settings
        self.folder = dicom_folder
        self.console = Console(highlight=False)
        self.memory = Memory.load(settings.data_dir)
        self.wechat = fake_wechat_for(settings) if is_wechat_faked else None
        self.supervisor = Supervisor(settings)
        self.json_file = settings.data_dir / "demo.json"

    async def run(self) -> None:
        self.json_file.unlink(missing_ok=True)
        self.console.print("[bold]云胶片 Cloudfilm[/] 正在启动 / starting")
        try:
            await self._start_wechat()
            await self.supervisor.start(lambda name: self.console.print(f"  ✓ {name}"))
            await self._make_accounts()
            await self._seed()
            self._write_json()
            self.supervisor.on_change = self._write_json
            self._show()
            await asyncio.Event().wait()
        finally:
            self.console.print("正在停止 / stopping")
            self.supervisor.on_change = lambda: None
            await self.supervisor.stop()
            if self.wechat is not None:
                await self.wechat.stop()
            self.json_file.unlink(missing_ok=True)

    async def _start_wechat(self) -> None:
        if self.wechat is None:
            return
        await self.wechat.start()
        if not await self.wechat.wait_ready():
            raise CannotStart(
                f"微信模拟没有启动,日志在 {self.wechat.log_file}。 The fake did not start."
            )
        self.console.print("  ✓ 微信模拟 / fake WeChat")

    async def _make_accounts(self) -> None:
        async with open_runtime(self.settings):
            await make_account(ADMIN, self.memory.admin_password, "admin", "演示管理员")
            await make_account(DOCTOR, self.memory.doctor_password, "doctor", "演示医生")
            if not self.memory.ris_token:
                self.memory.ris_token = await make_client(RIS_CLIENT, "ris")
            if not self.memory.oauth_client_id:
                is_taken = await is_name_taken(OAUTH_CLIENT)  # the memory was lost, not the data
                name = f"{OAUTH_CLIENT}-{secrets.token_hex(3)}" if is_taken else OAUTH_CLIENT
                asked = Registration(name, READ_SCOPES)
                client, secret = await register_client(asked, by="demo")
                self.memory.oauth_client_id = client.client_id
                self.memory.oauth_client_secret = secret
        self.memory.save(self.settings.data_dir)

    async def _seed(self) -> None:
        """Send what is new, wait until all of it can be seen. A second start only looks."""
        now = datetime.now(ZoneInfo(self.settings.time_zone))
        if self.folder is not None:
            studies = self._own_studies(self.folder)
            known = {one.accession_number for one in self.memory.exams}
            studies.sort(key=lambda one: one.example.accession_number in known)
        elif self.memory.is_complete:
            studies = []
        else:
            studies = [_Study(one, image_count(one)) for one in examples(f"{now:%Y%m%d}")]
        if studies:
            with self._progress() as progress:
                for study in studies:
                    await self._try_to_send(study, now, progress)
            self.memory.is_complete = self.memory.is_complete or self.folder is None
            self.memory.save(self.settings.data_dir)
        await self._wait_viewable()

    def _own_studies(self, folder: Path) -> list[_Study]:
        with self.console.status(f"正在查看文件夹 / looking through {folder}"):
            found = look_through(folder)
        if not found.studies:
            raise CannotStart(
                f"文件夹 {folder} 中没有 DICOM 影像。 No DICOM images were found in {folder}."
            )
        if found.skipped:
            reasons = ", ".join(sorted(set(found.skipped.values())))
            self.console.print(
                f"  {len(found.skipped)} 个文件不是 DICOM 影像,已跳过 / files skipped: {reasons}"
            )
        return [_Study(one.example, len(one.files), to_send(one)) for one in found.studies]

    async def _try_to_send(self, study: _Study, now: datetime, progress: Progress) -> None:
        """One study that a door does not take is named; the others go on."""
        try:
            await self._send(study, now, progress)
        except (front_doors.NotAccepted, ProtocolError, OSError) as error:
            self.console.print(f"  {study.example.accession_number}: {error}")

    async def _send(self, study: _Study, now: datetime, progress: Progress) -> None:
        s, example = self.settings, study.example
        now -= timedelta(days=example.days_ago)
        await front_doors.send_order(s.hl7_host, s.hl7_port, example, now, is_ahead=not study.count)
        if study.count:
            title = f"{example.person.name} {example.procedure}"[:24]
            bar = progress.add_task(title, total=study.count)
            taken_at = now - timedelta(hours=1)
            items = study.own_objects or [
                SendableObject(
                    f.sop_class_uid, f.sop_instance_uid, f.transfer_syntax_uid, memoryview(f.data)
                )
                for f in await asyncio.to_thread(lambda: list(files_of(example, taken_at)))
            ]
            refused = await front_doors.send_images(
                s.dicom_host, s.dicom_port, s.ae_title, items, lambda: progress.advance(bar)
            )
            if refused:
                self.console.print(f"  {title}: {refused} 幅未被接收 / images refused")
        if example.findings:
            await front_doors.send_report(s.hl7_host, s.hl7_port, example, now)
        self._remember(study)

    def _remember(self, study: _Study) -> None:
        example = study.example
        shown = ShownExam(
            accession_number=example.accession_number,
            patient_id=example.person.patient_number,
            patient_name=example.person.name,
            modality=example.modality,
            digits=example.person.id_card[-self.settings.digits_count :],
            images=0 if study.own_objects is not None else study.count,
            is_own=study.own_objects is not None,
        )
        others = [e for e in self.memory.exams if e.accession_number != shown.accession_number]
        self.memory.exams = [*others, shown]

    async def _wait_viewable(self) -> None:
        """Until every code exists and the images behind it can be seen, or nothing has moved
        for a while: then what is missing is named and the rest is shown."""
        waiting, moved_at = list(self.memory.exams), time.monotonic()
        with self.console.status("") as status:
            while waiting and time.monotonic() - moved_at < front_doors.STANDSTILL_S:
                done = len(self.memory.exams) - len(waiting)
                status.update(f"影像处理中 / preparing {done}/{len(self.memory.exams)}")
                still = [e for e in waiting if not await self._is_viewable(e)]
                if len(still) < len(waiting):
                    moved_at = time.monotonic()
                waiting = still
                await asyncio.sleep(front_doors.POLL_S)
        for exam in waiting:
            self.console.print(f"  {exam.accession_number}: 影像尚未处理完 / images not ready yet")

    async def _is_viewable(self, exam: ShownExam) -> bool:
        base = self.supervisor.local_base_url()
        told = await front_doors.code_of(base, self.memory.ris_token, exam.accession_number)
        if not told:
            return False
        exam.status, exam.code_url = told["status"], told["code_url"]
        if not (exam.images or exam.is_own):
            return True
        number, token = exam.accession_number, self.memory.ris_token
        return await front_doors.images_ready(base, token, number, exam.images)

    def _progress(self) -> Progress:
        return Progress(
            TextColumn("  {task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=self.console,
        )

    def _write_json(self) -> None:
        s = self.settings
        shown = (
            "accession_number", "patient_id", "patient_name", "modality", "status", "code_url",
            "digits",
        )  # fmt: skip
        contract: dict[str, Any] = {
            "base_url": s.base_url(),
            "dicomweb": f"{s.base_url()}/dicomweb",
            "fhir": f"{s.base_url()}/fhir",
            "pids": self.supervisor.pids(),
            "dicom": {"host": s.dicom_host, "port": s.dicom_port, "ae_title": s.ae_title},
            "pacs": _pacs(s),
            "hl7": {"host": s.hl7_host, "port": s.hl7_port},
            "ris_api": {"token": self.memory.ris_token},
            "oauth": {
                "metadata_url": f"{s.base_url()}/.well-known/oauth-authorization-server",
                "client_id": self.memory.oauth_client_id,
                "client_secret": self.memory.oauth_client_secret,
            },
            "accounts": {
                "admin": {"username": ADMIN, "password": self.memory.admin_password},
                "doctor": {"username": DOCTOR, "password": self.memory.doctor_password},
            },
            "exams": [{name: getattr(e, name) for name in shown} for e in self.memory.exams],
        }
        base = s.base_url()
        contract["patient"] = {
            "query": f"{base}/query",
            "home": f"{base}/home",
            "share": f"{base}/s/",
        }
        if self.wechat is not None:
            contract["wechat"] = describe_fake(s)
        write_atomically(self.json_file, contract)

    def _show(self) -> None:
        say, s = self.console.print, self.settings
        say()
        first = max(self.memory.exams, key=lambda e: (e.status == "completed", e.images))
        print(qr_terminal(first.code_url))
        say("[bold]扫一扫,或在浏览器中打开 / scan, or open in a browser[/]")
        for exam in self.memory.exams:
            label = {"scheduled": "待检查", "awaiting_report": "待诊断", "completed": "已完成"}
            say(
                f"  {label.get(exam.status, exam.status)}  {exam.patient_name} {exam.modality}"
                f"  {exam.code_url}  身份证后{s.digits_count}位 [bold]{exam.digits}[/]",
                soft_wrap=True,
            )
        say(f"  DICOM {s.ae_title}@{s.dicom_host}:{s.dicom_port}   HL7 {s.hl7_host}:{s.hl7_port}")
        say(f"  admin / {self.memory.admin_password}")
        say(f"  医生 / doctors: {s.base_url()}/doctor   doctor / {self.memory.doctor_password}")
        where = os.path.relpath(self.json_file)
        say(f"  {s.base_url()}   {where}   Ctrl-C 停止 / stops everything")


def _pacs(settings: Settings) -> list[dict[str, Any]]:
    """The configured peers as `demo.json` names them."""
    return [
        {
            "name": peer.label or peer.name, "ae_title": peer.ae_title, "host": peer.host,
            "port": peer.port, "mode": peer.mode,
        }
        for peer in load_peers(settings.peers_file).by_name.values()
    ]  # fmt: skip
