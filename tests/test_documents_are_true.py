"""What the documents list is what the code has."""

import re
from dataclasses import fields
from pathlib import Path

from assembly.settings import Settings
from bff.app import create_app
from integrations.his.senders import SenderMap, load_senders
from integrations.pacs.peer_file import load_peers
from tests.conftest import REPOSITORY

DEPLOYMENT = REPOSITORY / "docs" / "deployment.md"


def settings_in(text: str) -> set[str]:
    """The first column of the table; `A_HOST`, `_PORT` share a stem."""
    names: set[str] = set()
    for row in re.findall(r"^\| (`CLOUDFILM_.*?) \|", text, re.MULTILINE):
        words = re.findall(r"`(\w+)`", row)
        stem = words[0].rsplit("_", 1)[0]
        names |= {stem + word if word.startswith("_") else word for word in words}
    return names


def test_every_setting_is_in_the_deployment_guide() -> None:
    known = {f"CLOUDFILM_{name.upper()}" for name in Settings.model_fields}
    assert settings_in(DEPLOYMENT.read_text("utf-8")) == known


def test_the_senders_example_loads_and_every_key_is_named(tmp_path: Path) -> None:
    text = DEPLOYMENT.read_text("utf-8")
    (example,) = re.findall(r"```toml\n(.*?)```", text.split("## Senders")[1], re.DOTALL)
    path = tmp_path / "senders.toml"
    path.write_text(example, "utf-8")
    assert load_senders(path).of("HIS2").campus_names == {"E": "东院区", "W": "西院区"}
    listed = text.split("Keys:")[1]
    for field in fields(SenderMap):
        assert f"`{field.name}`" in listed


def test_both_readmes_name_commands_and_files_that_exist() -> None:
    makefile = (REPOSITORY / "Makefile").read_text("utf-8")
    for name in ("README.md", "README.zh-CN.md"):
        text = (REPOSITORY / name).read_text("utf-8")
        for target in re.findall(r"make (\w+)", text):
            if target not in {"are"}:
                assert re.search(rf"^{target}:", makefile, re.MULTILINE), (name, target)


def test_no_address_of_a_registry_and_no_path_of_a_machine_is_committed() -> None:
    for name in ("requirements.lock", "requirements-dev.lock", "web/package-lock.json"):
        text = (REPOSITORY / name).read_text("utf-8")
        assert not re.search(r"https?://(?!github\.com|opencollective|tidelift|ko-fi|www\.)", text)
        assert "/work/" not in text and "--index-url" not in text


def test_every_route_is_in_the_api_page(settings: Settings) -> None:
    app = create_app(settings, name="documents")
    app.router.finalize()
    text = (REPOSITORY / "docs" / "api.md").read_text("utf-8").replace("…/", "/api/patient/v1/")
    paths = {
        "/" + re.sub(r"<(\w+)(?::[^>]+)?>", r"{\1}", route.path) for route in app.router.routes
    }
    silent = {"/", "/assets/{name}", "/favicon.svg"}
    assert paths >= silent
    missing = {path for path in paths - silent if path not in text}
    assert missing == set()


def test_every_link_between_documents_leads_somewhere() -> None:
    pages = [*REPOSITORY.glob("*.md"), *(REPOSITORY / "docs").rglob("*.md")]
    assert len(pages) > 10
    for page in pages:
        for link in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text("utf-8")):
            if not link.startswith("http"):
                assert (page.parent / link).exists(), (page.name, link)


def test_the_peers_example_loads(tmp_path: Path) -> None:
    text = DEPLOYMENT.read_text("utf-8").split("## DICOM peers")[1].split("## Senders")[0]
    example = "\n".join(re.findall(r"```toml\n(.*?)```", text, re.DOTALL))
    for name in ("hospital-ca.pem", "film.pem", "film.key"):
        (tmp_path / name).touch()
    (tmp_path / "peers.toml").write_text(example.replace("/etc/cloudfilm", str(tmp_path)), "utf-8")
    peers = load_peers(tmp_path / "peers.toml")
    assert {peer.mode for peer in peers.by_name.values()} == {"push", "pull"}
