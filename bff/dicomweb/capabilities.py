"""What this DICOMweb service can do, as a WADL document (PS3.18 8.9 and annex H): made of the
routes themselves, so that it cannot say anything else."""

import re
from typing import Any
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from sanic import Sanic

from bff.dicomweb.selection import ROOT
from bff.dicomweb.syntaxes import DICOM, FRAME_TYPE_OF, OCTETS
from storage.records.catalogue import COLUMNS, LEVELS, Level
from usecases.query_retrieve.question import KINDS

WADL = "application/vnd.sun.wadl+xml"
NAMESPACE = "http://wadl.dev.java.net/2009/02"
JSON = "application/dicom+json"
_PARTS = "multipart/related; type="
# the end of a path -> what is given there; the first that fits
_GIVEN: tuple[tuple[str, tuple[str, ...]], ...] = (
    (r"/(rendered|thumbnail)$", ("image/jpeg", "image/png")),
    (r"/metadata$", (JSON, "application/json")),
    (r"/frames/\{frames\}$", (f'{_PARTS}"{OCTETS}"', OCTETS, *sorted(set(FRAME_TYPE_OF.values())))),
    (r"/bulkdata/", (f'{_PARTS}"{OCTETS}"', OCTETS)),
    (r"/instances/\{instance\}$", (f'{_PARTS}"{DICOM}"', DICOM)),
    (r"/(studies|series)/\{\w+\}$", (f'{_PARTS}"{DICOM}"',)),
    (r"(studies|series|instances)$", (JSON, "application/json")),
)  # fmt: skip
_PICTURE = ("window", "viewport", "quality", "accept")
_SEARCH = ("limit", "offset", "includefield", "accept")
_LEVEL: dict[str, Level] = {"studies": "STUDY", "series": "SERIES", "instances": "IMAGE"}


def capabilities(app: Sanic[Any, Any], base_url: str) -> bytes:
    """The document, for every route below `ROOT`."""
    document = Element("application", {"xmlns": NAMESPACE})
    resources = SubElement(document, "resources", {"base": base_url})
    held: dict[str, Element] = {}
    for route in sorted(app.router.routes, key=lambda one: str(one.path)):
        path = re.sub(r"<(\w+):\w+>", r"{\1}", f"/{str(route.path).strip('/')}")
        methods = sorted(set(route.methods) & {"GET", "POST"})
        below = path.removeprefix(f"{ROOT}/")
        if below == path or not below.startswith(tuple(_LEVEL)):
            continue
        if below not in held:
            held[below] = SubElement(resources, "resource", {"path": below})
            for name in re.findall(r"\{(\w+)\}", below):
                SubElement(held[below], "param", {"name": name, "style": "template"})
        for method in methods:
            _describe(held[below], method, path)
    indent(document)
    return bytes(tostring(document, encoding="utf-8", xml_declaration=True))


def _describe(resource: Element, method: str, path: str) -> None:
    asked = SubElement(resource, "method", {"name": method})
    request, response = SubElement(asked, "request"), SubElement(asked, "response")
    if method == "POST":
        for kind in (f'{_PARTS}"{DICOM}"', DICOM):
            SubElement(request, "representation", {"mediaType": kind})
        given: tuple[str, ...] = (JSON, "application/json")
    else:
        given = next(kinds for end, kinds in _GIVEN if re.search(end, path))
        for name in _parameters(path):
            SubElement(request, "param", {"name": name, "style": "query"})
    response.set("status", "200")
    for kind in given:
        SubElement(response, "representation", {"mediaType": kind})


def _parameters(path: str) -> tuple[str, ...]:
    if re.search(r"/(rendered|thumbnail)$", path):
        return _PICTURE
    level = _LEVEL.get(path.rpartition("/")[2])
    if level is None:
        return ("accept",)
    reachable = LEVELS[: LEVELS.index(level) + 1]
    keys = [keyword for keyword in KINDS if COLUMNS[keyword][0] in reachable]
    return (*_SEARCH, *sorted([*keys, "StudyTime"]))
