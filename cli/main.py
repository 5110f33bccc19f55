"""`cloudfilm`: every command of the product."""

import asyncio
import os
import secrets
import signal
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from cli.his_commands import his_app
from cli.imaging_commands import imaging_app
from supervisor.problems import CannotStart

if TYPE_CHECKING:
    from supervisor.supervise import Supervisor

T = TypeVar("T")

app = typer.Typer(
    name="cloudfilm", help="Cloudfilm 云胶片: hospital digital imaging.", no_args_is_help=True
)
app.add_typer(imaging_app)
app.add_typer(his_app)


@app.command()
def serve() -> None:
    """Run every process of the product under the supervisor until Ctrl-C."""
    from assembly.settings import Settings
    from supervisor.supervise import Supervisor

    asyncio.run(_serve(Supervisor(Settings())))


async def _serve(supervisor: "Supervisor") -> None:
    stopping = stop_event()
    await supervisor.start(lambda name: print(f"  {name}", flush=True))
    print(f"云胶片已启动 / Cloudfilm is up: {supervisor.settings.base_url()}", flush=True)
    await stopping.wait()
    await supervisor.stop()


def stop_event() -> asyncio.Event:
    """Set by Ctrl-C or TERM."""
    stopping = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    return stopping


@app.command()
def demo(
    port: Annotated[int, typer.Option(help="HTTP port; DICOM and HL7 move with it")] = 8080,
    dicom: Annotated[Path | None, typer.Option(help="your own folder of DICOM files")] = None,
    data: Annotated[Path, typer.Option(help="data folder")] = Path("var"),
    host: Annotated[
        str, typer.Option(help="HTTP address; 0.0.0.0 lets phones in your network scan")
    ] = "127.0.0.1",
    fake_wechat: Annotated[
        bool, typer.Option("--fake-wechat", help="a fake of WeChat beside the product")
    ] = False,
) -> None:
    """Start the product, send it examples through its own front doors, show the QR code."""
    from demo.run import run_demo

    asyncio.run(
        run_demo(
            port=port,
            host=host,
            dicom_folder=dicom,
            data_dir=data,
            is_wechat_faked=fake_wechat,
        )
    )


@app.command()
def migrate() -> None:
    """Bring the database's tables up to date."""
    from assembly.settings import Settings
    from storage.migrate import migrate as run

    asyncio.run(run(Settings().resolved_database_url()))


def _module(name: str, *arguments: str) -> None:
    os.execv(sys.executable, [sys.executable, "-m", name, *arguments])


@app.command()
def bff() -> None:
    """Run the HTTP door alone."""
    _module("bff.main")


@app.command()
def receiver() -> None:
    """Run the DICOM door alone (docs/conformance.md)."""
    _module("workers.receiver")


@app.command()
def puller() -> None:
    """Run the PACS puller alone."""
    _module("workers.puller")


@app.command()
def gaps(
    days: Annotated[float, typer.Option(help="how far back")] = 2,
    pacs: Annotated[str, typer.Option(help="one PACS of the peers file")] = "",
    only_open: Annotated[bool, typer.Option("--open", help="gaps only")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="for programs")] = False,
) -> None:
    """Images by PACS and hour: theirs, ours, readable."""
    from assembly.settings import Settings
    from cli.gap_table import print_gaps

    _with_runtime(print_gaps(Settings(), days, pacs, only_open=only_open, as_json=as_json))


@app.command()
def hl7() -> None:
    """Run the HL7 door alone (MLLP)."""
    _module("workers.hl7_listener")


@app.command("hl7-sender")
def hl7_sender() -> None:
    """Run the sender of outbound HL7 alone."""
    _module("workers.hl7_sender")


@app.command()
def views() -> None:
    """Run the reader of hospital database views alone."""
    _module("workers.view_poller")


@app.command()
def pixels() -> None:
    """Run alone what looks inside images for the web server (DICOMweb)."""
    _module("workers.pixels")


@app.command()
def relay() -> None:
    """Run the outbox relay alone."""
    _module("workers.outbox_relay")


@app.command()
def worker(queue: Annotated[str, typer.Argument(help="ingest, render or notify")]) -> None:
    """Run one arq worker."""
    _module("workers.arq_worker", queue)


@app.command("create-account")
def create_account(username: str, role: str, display_name: str) -> None:
    """Make a staff account and print its new password once."""
    from usecases.staff.accounts import make_account

    password = secrets.token_urlsafe(12)
    _with_runtime(make_account(username, password, role, display_name))
    print(password)


@app.command("create-client")
def create_client(
    name: str,
    scopes: Annotated[str, typer.Argument(help="space-separated (docs/api.md)")] = "ris",
) -> None:
    """Make a third party's bearer token and print it once."""
    from usecases.staff.accounts import make_client

    print(_with_runtime(make_client(name, scopes)))


@app.command("create-oauth-client")
def create_oauth_client(
    name: str,
    scopes: Annotated[str, typer.Option(help="space-separated (docs/api.md)")] = "exams.read",
    redirect_uri: Annotated[
        list[str] | None, typer.Option(help="where an authorization may go back to; repeatable")
    ] = None,
    public: Annotated[bool, typer.Option(help="keeps no secret (an app, a page)")] = False,
) -> None:
    """Register a third party's program for OAuth 2.0; print its id and, once, its secret."""
    from usecases.oauth.register_client import Registration, register_client

    asked = Registration(name, scopes, tuple(redirect_uri or ()), is_public=public)
    client, secret = _with_runtime(register_client(asked, by="command-line"))
    print(client.client_id)
    if secret:
        print(secret)


def _with_runtime(work: Coroutine[Any, Any, T]) -> T:
    from assembly.runtime import open_runtime
    from assembly.settings import Settings

    async def run() -> T:
        async with open_runtime(Settings()):
            return await work

    return asyncio.run(run())


@app.command("warm")
def warm() -> None:
    """Compile the imaging kernels into the cache."""
    import imaging.codecs

    imaging.codecs.warm()


def main() -> None:
    """Entry point: a problem of the machine is one sentence and status 2."""
    from domain.errors import Refused

    try:
        app()
    except Refused as error:
        print(f"✗ {error.message} {error.detail}", file=sys.stderr)
        sys.exit(2)
    except CannotStart as problem:
        print(f"✗ {problem}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
