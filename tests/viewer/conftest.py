"""The viewer in a real Chromium, on pages built from this checkout and a study of phantoms."""

import pickle
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.support.browser import DESK, PHONE, TABLET, chromium
from tests.support.once import once
from tests.support.servers import absent, need
from tests.viewer.driver import Reader
from tests.viewer.real_study import real_study
from tests.viewer.server import ViewerServer, viewer_server
from tests.viewer.studies import SeriesData, phantom_study
from tests.viewer.tabs import Tabs

WEB = Path(__file__).resolve().parents[2] / "web"

Open = Callable[..., Reader]


@pytest.fixture(scope="session")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pages as `make install` builds them."""
    need("node")
    vite = WEB / "node_modules" / ".bin" / "vite"
    if not vite.exists():
        absent("the web packages are not installed (make install)")

    def build(out: Path) -> None:
        subprocess.run(
            [str(vite), "build", "--outDir", str(out), "--emptyOutDir", "--logLevel", "warn"],
            cwd=WEB, check=True, timeout=100,
        )  # fmt: skip

    return once(tmp_path_factory, "pages", build)


@pytest.fixture(scope="session")
def study(tmp_path_factory: pytest.TempPathFactory) -> dict[str, SeriesData]:
    return _kept(tmp_path_factory, "phantoms", phantom_study)


@pytest.fixture(scope="session")
def real(shared_dicom: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, SeriesData]:
    """Real files of every modality, prepared as the workers do."""
    scratch = tmp_path_factory.mktemp("frames")
    return _kept(tmp_path_factory, "real", lambda: real_study(shared_dicom, scratch))


def _kept(
    factory: pytest.TempPathFactory, name: str, make: Callable[[], dict[str, SeriesData]]
) -> dict[str, SeriesData]:
    def write(path: Path) -> None:
        path.write_bytes(pickle.dumps(make()))

    kept = once(factory, f"{name}.study", write)
    found: dict[str, SeriesData] = pickle.loads(kept.read_bytes())
    return found


@pytest.fixture(scope="module")
def real_server(pages: Path, real: dict[str, SeriesData]) -> Iterator[ViewerServer]:
    with viewer_server(pages, real) as running:
        yield running


@pytest.fixture(scope="module", params=[PHONE, TABLET, DESK], ids=["phone", "tablet", "desk"])
def real_reader(
    request: pytest.FixtureRequest, browser: Browser, real_server: ViewerServer
) -> Iterator[Reader]:
    """One page a size for all checks of a file."""
    opened = Reader(browser, real_server, request.param, {}, is_first_visit=False)
    yield opened
    opened.close()
    assert opened.complaints == []


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Closed with each file: Playwright's loop in this thread would fail every async test that
    runs after it in the same process."""
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def tabs(browser: Browser) -> Tabs:
    return Tabs(browser)


@pytest.fixture
def server(pages: Path, study: dict[str, SeriesData]) -> Iterator[ViewerServer]:
    with viewer_server(pages, study) as running:
        yield running


@pytest.fixture
def open_viewer(browser: Browser, tabs: Tabs, server: ViewerServer) -> Iterator[Open]:
    """`open_viewer(size, series="dx")` → a reader whose page said nothing bad by the end."""
    readers: list[Reader] = []

    def opened(
        size: tuple[int, int] = DESK, *, is_first_visit: bool = False, **query: str
    ) -> Reader:
        reader = Reader(browser, server, size, query, is_first_visit, tabs)
        readers.append(reader)
        return reader

    yield opened
    for reader in readers:
        reader.close()
        assert reader.complaints == []
