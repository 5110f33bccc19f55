"""The capabilities document (PS3.18 8.9) names what there is, and what it names is there."""

from xml.etree import ElementTree

import httpx

WADL = "{http://wadl.dev.java.net/2009/02}"


async def test_what_it_names_is_there(web: httpx.AsyncClient) -> None:
    said = await web.request("OPTIONS", "/", headers={"Accept": "application/vnd.sun.wadl+xml"})
    assert said.status_code == 200, said.text
    assert said.headers["content-type"] == "application/vnd.sun.wadl+xml"
    same = await web.get("/capabilities", headers={"Authorization": ""})
    assert same.content == said.content
    document = ElementTree.fromstring(said.content)
    resources = document.find(f"{WADL}resources")
    assert resources is not None and resources.get("base", "").endswith("/dicomweb")
    # 206: one of the study's objects is stored in a form that cannot be sent so
    place = {"study": "1.2.9", "series": "1.2.9.1", "instance": "1.2.9.1.1", "frames": "1",
             "frame": "1", "where": "7FE00010"}  # fmt: skip
    seen = set()
    for resource in resources:
        path = str(resource.get("path"))
        for method in resource.findall(f"{WADL}method"):
            seen.add(f"{method.get('name')} {path}")
            if method.get("name") != "GET":
                continue
            for kind in method.findall(f"{WADL}response/{WADL}representation"):
                media = str(kind.get("mediaType"))
                if media.startswith(("image/", "video/")) and "/frames/" in path:
                    continue  # only where it is stored so
                answer = await web.get("/" + path.format(**place), headers={"Accept": media})
                assert answer.status_code in (200, 206), (path, media, answer.text[:200])
    assert {"POST studies", "POST studies/{study}", "GET studies",
            "GET studies/{study}/series/{series}/instances/{instance}/frames/{frames}",
            "GET studies/{study}/series/{series}/instances/{instance}/metadata"} <= seen  # fmt: skip
    assert len(seen) >= 20


async def test_only_wadl_is_written(web: httpx.AsyncClient) -> None:
    answer = await web.get("/capabilities", headers={"Accept": "text/html"})
    assert answer.status_code == 406
