"""DICOM over TLS with DCMTK on the other side: both doors side by side, both roles, and whoever
comes without the right certificate, or without TLS at all, is refused and written down."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from assembly.runtime import Runtime
from assembly.settings import Settings
from dicomnet.errors import AssociationRejected
from dicomnet.transport.client import open_association
from dicomnet.transport.tls import client_context, server_context
from storage.records.audit import AuditEntry
from storage.records.imaging import Instance
from tests.support import servers
from tests.support.archive import CHEST, WANG, fill, instance
from tests.support.certificates import make_certificates
from tests.support.dicom_peer import MemoryStorage, RawPeer, ct, serving
from tests.support.receiver_process import ReceiverProcess
from tests.support.servers import free_port, need
from workers.receiver import tls_of


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificates(tmp_path_factory.mktemp("tls"))


def options(folder: Path, name: str) -> list[str]:
    """DCMTK's."""
    return ["+tls", str(folder / f"{name}.key"), str(folder / f"{name}.pem"),
            "+cf", str(folder / "ca.pem")]  # fmt: skip


@pytest.fixture
def sinks(tmp_path: Path, certificates: Path) -> Iterator[tuple[Path, int]]:
    """storescp over TLS, which wants a certificate from us."""
    folder, port = tmp_path / "sink", free_port()
    folder.mkdir()
    command = [need("storescp"), *options(certificates, "server"), "-rc", "-od", str(folder),
               "-aet", "SINK", str(port)]  # fmt: skip
    with servers.running(command, port, "storescp"):
        yield folder, port


@pytest.fixture
async def receiver(
    runtime: Runtime, tmp_path: Path, certificates: Path, sinks: tuple[Path, int]
) -> AsyncIterator[tuple[ReceiverProcess, int]]:
    """The receiver with both doors; the second is TLS."""
    await fill(runtime)
    t = certificates
    files = f'ca = "{t}/ca.pem"\ncertificate = "{t}/client.pem"\nkey = "{t}/client.key"\n'
    here = f'host = "127.0.0.1"\nport = {sinks[1]}\ntls = true\nae_title = "SINK"\n'
    (tmp_path / "peers.toml").write_text(
        f'[SINK]\n{here}{files}'
        f'[BARE]\n{here.replace("SINK", "BARE")}ca = "{t}/ca.pem"\n'
        f'[DUPED]\n{here.replace("SINK", "DUPED")}ca = "{t}/stranger.pem"\n'
        "[SECURE]\ntls_only = true\n"
    )  # fmt: skip
    port = free_port()
    environment = {
        "CLOUDFILM_PEERS_FILE": str(tmp_path / "peers.toml"),
        "CLOUDFILM_DICOM_TLS_PORT": str(port),
        "CLOUDFILM_DICOM_TLS_CERTIFICATE": str(certificates / "server.pem"),
        "CLOUDFILM_DICOM_TLS_KEY": str(certificates / "server.key"),
        "CLOUDFILM_DICOM_TLS_CA": str(certificates / "ca.pem"),
    }
    with ReceiverProcess(runtime.settings, **environment) as process:
        yield process, port


async def run(program: str, port: int, *arguments: str, file: str = "") -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        need(program), "-aec", "CLOUDFILM", *arguments, "127.0.0.1", str(port),
        *([file] if file else []),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    output = (await asyncio.wait_for(process.communicate(), 60))[0].decode("latin-1")
    assert process.returncode is not None
    return process.returncode, output


async def refusals() -> list[tuple[str, str, str]]:
    rows = await AuditEntry.filter(action__startswith="dicom_", outcome__not="ok").order_by("id")
    return [(row.actor, row.action, row.outcome) for row in rows]


async def wait_refusal(outcome: str) -> tuple[str, str, str]:
    async with asyncio.timeout(20):
        while not (found := [one for one in await refusals() if one[2].startswith(outcome)]):
            await asyncio.sleep(0.05)
    return found[0]


async def test_dcmtk_stores_over_tls_and_over_plain_side_by_side(
    receiver: tuple[ReceiverProcess, int], runtime: Runtime, tmp_path: Path, certificates: Path
) -> None:
    process, tls_port = receiver
    for number, (port, extra) in enumerate(
        [(tls_port, options(certificates, "client")), (process.port, [])], start=11
    ):
        file = tmp_path / f"{number}.dcm"
        file.write_bytes(instance(WANG, CHEST, 1, number))
        code, output = await run("storescu", port, *extra, file=str(file))
        assert code == 0, output
    stored = await Instance.filter(sop_instance_uid__in=["1.2.2.1.11", "1.2.2.1.12"]).count()
    assert stored == 2


async def test_whoever_does_not_fit_is_refused_and_written_down(
    receiver: tuple[ReceiverProcess, int], certificates: Path
) -> None:
    process, port = receiver
    good = options(certificates, "client")
    # a certificate that our authority has not signed
    assert (await run("echoscu", port, *options(certificates, "stranger")))[0] != 0
    actor, action, outcome = await wait_refusal("refused tls_")
    assert (actor, action) == ("dicom:-@127.0.0.1", "dicom_association")
    assert "cert" in outcome or "ca" in outcome
    # none at all
    context = ssl.create_default_context(cafile=str(certificates / "ca.pem"))
    with pytest.raises((OSError, ssl.SSLError)):
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
        writer.write(b"\1\0")
        if await asyncio.wait_for(reader.read(1), 10) == b"":
            raise ConnectionResetError
    await wait_refusal("refused tls_peer_did_not_return")
    # plain on the TLS port, TLS on the plain port
    assert (await run("echoscu", port, "-ta", "10"))[0] != 0
    await wait_refusal("refused tls_wrong_version")
    assert (await run("echoscu", process.port, *good))[0] != 0
    # plain from a peer that must use TLS
    with pytest.raises(AssociationRejected):
        async with open_association("127.0.0.1", process.port, calling_ae="SECURE"):
            pass
    assert (await wait_refusal("refused tls_required"))[0] == "dicom:SECURE@127.0.0.1"
    # and those that fit are served all the same
    context = client_context(
        certificates / "ca.pem", certificates / "client.pem", certificates / "client.key"
    )
    async with open_association("127.0.0.1", port, calling_ae="SECURE", tls=context) as peer:
        assert await peer.send_echo() == 0
    assert (await run("echoscu", port, *good))[0] == 0
    assert (await run("echoscu", process.port))[0] == 0


async def test_a_move_goes_out_over_tls_only_to_whom_we_can_check(
    receiver: tuple[ReceiverProcess, int], sinks: tuple[Path, int], certificates: Path
) -> None:
    process, _ = receiver
    keys = ["-k", "QueryRetrieveLevel=STUDY", "-k", "StudyInstanceUID=1.2.2"]
    code, output = await run("movescu", process.port, "-S", "-aem", "SINK", *keys, "-v")
    assert code == 0, output
    assert len(list(sinks[0].iterdir())) == 2
    for destination in ("DUPED", "BARE"):
        _, output = await run("movescu", process.port, "-S", "-aem", destination, *keys, "-d")
        assert "0xa702" in output.lower()
    assert len(list(sinks[0].iterdir())) == 2


async def test_big_objects_both_ways_over_tls_on_the_other_loop(certificates: Path) -> None:
    """asyncio's own loop, where the receiver runs on uvloop."""
    storage, t = MemoryStorage(), certificates
    big = bytes(range(256)) * 20_000
    server_side = server_context(t / "server.pem", t / "server.key", t / "ca.pem")
    client_side = client_context(t / "ca.pem", t / "client.pem", t / "client.key")
    async with serving(storage) as server:
        port = await server.start("127.0.0.1", 0, server_side)
        item = ct("1.1", big)
        contexts = [(item.sop_class_uid, (item.transfer_syntax_uid,))]
        async with open_association("127.0.0.1", port, contexts=contexts, tls=client_side) as peer:
            assert await peer.send_store(item) == 0
        raw = await RawPeer.connect(port)
        await raw.say(b"\1\0\0\0")
        raw.drop()
    assert storage.stored == {"1.1": big}
    assert server.connections == 0


async def test_the_server_must_be_whom_we_called(certificates: Path) -> None:
    t = certificates
    other = server_context(t / "other.pem", t / "other.key", None, requires_client=False)
    async with serving() as server:
        port = await server.start("127.0.0.1", 0, other)
        with pytest.raises(ssl.SSLCertVerificationError):
            async with open_association(
                "127.0.0.1", port, tls=client_context(t / "ca.pem", None, None)
            ):
                pass
        named = client_context(t / "ca.pem", None, None)
        async with open_association(
            "127.0.0.1", port, tls=named, server_name="elsewhere.test"
        ) as peer:
            assert await peer.send_echo() == 0
        lenient = client_context(t / "ca.pem", None, None, checks_host=False)
        async with open_association("127.0.0.1", port, tls=lenient) as peer:
            assert await peer.send_echo() == 0


def test_the_profile_is_bcp_195(certificates: Path) -> None:
    t = certificates
    for context in (
        server_context(t / "server.pem", t / "server.key", t / "ca.pem"),
        client_context(t / "ca.pem", None, None),
    ):
        assert context.minimum_version == ssl.TLSVersion.TLSv1_2
        assert context.verify_mode == ssl.CERT_REQUIRED
        for suite in context.get_ciphers():
            assert suite["aead"], suite["name"]
            assert suite["kea"] in ("kx-ecdhe", "kx-dhe", "kx-any"), suite["name"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "CERTIFICATE and _KEY"),
        ({"dicom_tls_certificate": "server.pem", "dicom_tls_key": "server.key"}, "TLS_CA"),
    ],
)
def test_half_a_configuration_says_what_lacks(
    certificates: Path, changes: dict[str, str], said: str
) -> None:
    files = {key: certificates / name for key, name in changes.items()}
    with pytest.raises(ValueError, match=said):
        tls_of(Settings(dicom_tls_port=1, **files))  # type: ignore[arg-type]
