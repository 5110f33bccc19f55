"""The product on both kinds of ground: the embedded defaults, and real servers."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import Protocol

import pytest
from playwright.sync_api import Browser

from tests.conftest import fresh_postgres_database
from tests.support.browser import chromium, run_beside
from tests.support.product import Product, product


class StartProduct(Protocol):
    def __call__(self, data_dir: Path) -> AbstractContextManager[Product]: ...


@pytest.fixture(params=["embedded", "servers"])
def start_product(request: pytest.FixtureRequest) -> StartProduct:
    """`with start_product(folder) as running:`"""
    if request.param == "embedded":
        return product
    server = request.getfixturevalue("postgres_url")
    return partial(
        product,
        database_url=run_beside(fresh_postgres_database(server)),
        redis_url=request.getfixturevalue("redis_url"),
        object_store_url=request.getfixturevalue("s3_url"),
    )


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running
