"""What a phone on a slow network loads before the first page can be used (issue: at most 60 KB of
script), counted on the built pages."""

import gzip
import re

from tests.conftest import REPOSITORY
from tests.support.servers import absent

PAGES = REPOSITORY / "bff" / "pages"
LIMIT = 60 * 1024


def test_the_first_page_takes_at_most_60_kb_of_script() -> None:
    page = PAGES / "patient" / "index.html"
    if not page.exists():
        absent("the pages are not built (make install)")
    scripts = re.findall(r'(?:src|href)="/(assets/[^"]+\.js)"', page.read_text("utf-8"))
    assert scripts
    assert sum(len(gzip.compress((PAGES / one).read_bytes())) for one in scripts) <= LIMIT
