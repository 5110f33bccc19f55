"""What is tested is what is installed: the product's lock file is a part of the one for tests."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def versions(lock: str) -> dict[str, str]:
    text = (ROOT / lock).read_text("utf-8")
    return dict(re.findall(r"^([A-Za-z0-9_.-]+)==([^\s;\\]+)", text, re.MULTILINE))


def test_the_product_gets_the_versions_that_the_tests_had() -> None:
    product, tests = versions("requirements.lock"), versions("requirements-dev.lock")
    assert len(product) > 40
    other = {name: (product[name], tests.get(name)) for name in product}
    assert {name: pair for name, pair in other.items() if pair[0] != pair[1]} == {}


def test_every_package_is_pinned_by_its_hash_and_no_address_is_named() -> None:
    for lock in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / lock).read_text("utf-8")
        assert "://" not in text
        assert text.count("--hash=sha256:") >= len(versions(lock))
