"""Who may ask for what, by title and address; a wrong file is named."""

from pathlib import Path

import pytest

from integrations.pacs.peer_file import load_peers
from integrations.pacs.peers import Peers

TEXT = """
[PACS1]
host = "10.1.2.3"
port = 104
addresses = ["10.1.2.0/24", "fe80::/10"]
may = ["query"]
charset = "GB18030"
[ANY]
"""


def load(tmp_path: Path, text: str) -> Peers:
    path = tmp_path / "peers.toml"
    path.write_text(text, "utf-8")
    return load_peers(path)


def test_title_and_address_and_right_must_fit(tmp_path: Path) -> None:
    peers = load(tmp_path, TEXT)
    assert peers.allows("PACS1", "10.1.2.9", "query")
    assert peers.allows("PACS1", "fe80::1%eth0", "query")
    assert not peers.allows("PACS1", "10.1.3.9", "query")
    assert not peers.allows("PACS1", "10.1.2.9", "retrieve")
    assert not peers.allows("PACS1", "127.0.0.1", "query")
    assert peers.allows("ANY", "10.9.9.9", "commit")
    pacs = peers.of("PACS1")
    assert pacs is not None
    assert (pacs.host, pacs.port, pacs.charset) == ("10.1.2.3", 104, "GB18030")


@pytest.mark.parametrize("address", ["10.0.0.1", "", "not an address", "192.168.0.1"])
def test_a_stranger_has_no_rights(address: str) -> None:
    assert not Peers().allows("X", address, "query")


def test_this_machine_itself_may() -> None:
    assert Peers().allows("X", "127.0.0.1", "retrieve")
    assert Peers().allows("X", "::1", "query")
    assert load_peers(None).by_name == {}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[A]\nhots = 'x'", r"\[A\] has an unknown key 'hots'"),
        ("[A]\nport = 99999", r"\[A\] port"),
        ("[A]\nport = 'x'", r"\[A\] port"),
        ("[A]\nmay = ['delete']", r"\[A\] may"),
        ("[A]\naddresses = ['10.0.0']", r"\[A\] addresses"),
        ("[A]\ncharset = 'latin'", r"\[A\] charset"),
        ("[ABCDEFGHIJKLMNOPQ]", "AE title"),
        ("A = 1", "AE title"),
    ],
)
def test_a_wrong_file_says_where(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        load(tmp_path, text)
