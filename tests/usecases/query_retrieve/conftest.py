"""The archive of `tests/support/archive.py` on each database."""

import pytest

from assembly.runtime import Runtime
from tests.support.archive import fill


@pytest.fixture
async def each_archive(each_runtime: Runtime) -> Runtime:
    await fill(each_runtime)
    return each_runtime
