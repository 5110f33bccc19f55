"""The product on both kinds of ground: the embedded defaults, and real servers."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import pytest
from playwright.sync_api import Browser

from tests.conftest import fresh_postgres_database
from tests.demo.test_demo import demo
from tests.support.browser import chromium, run_beside
from tests.support.product import Product, product


class StartProduct(Protocol):
    def __call__(self, data_dir: Path) -> AbstractContextManager[Product]: ...


@pytest.fixture
def start_product(request: pytest.FixtureRequest) -> StartProduct:
    """`with start_product(folder) as running:`; the parameter names the ground."""
    if request.param == "embedded":
        return product
    server = request.getfixturevalue("postgres_url")
    return partial(
        product,
        database_url=run_beside(fresh_postgres_database(server)),
        redis_url=request.getfixturevalue("redis_url"),
        object_store_url=request.getfixturevalue("s3_url"),
    )


@pytest.fixture(scope="session")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """The contract of a demonstration that the flows of this process share. Who changes what others
    see changes it back."""
    with demo(tmp_path_factory.mktemp("flows") / "var") as (_, contract):
        yield contract


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running
