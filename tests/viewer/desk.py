"""What the viewer's test server keeps for a member of staff: marks by version, hanging protocols,
prior examinations, tags; as bff/routes does, in memory."""

from dataclasses import dataclass, field
from typing import Any

Answer = tuple[int, Any]


@dataclass
class Desk:
    """`reader` goes into the page's boot data; None: nobody that the page knows."""

    reader: dict[str, str] | None = None
    kept: dict[str, dict[str, Any]] = field(default_factory=dict)
    others: list[dict[str, Any]] = field(default_factory=list)
    hanging: dict[str, Any] = field(default_factory=dict)
    priors: list[dict[str, Any]] = field(default_factory=list)
    prior_studies: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    tags: dict[str, Any] = field(default_factory=dict)
    alias: dict[str, str] = field(default_factory=dict)  # a series' id -> whose pixels it has

    def get(self, path: str) -> Answer | None:
        """None for an address that is not of the desk."""
        name = path.removeprefix("/api/viewing/v1/")
        if name.startswith("marks/"):
            return 200, {"mine": self._mine(name[6:]), "others": self.others}
        if name == "hanging":
            return 200, {"protocols": self.hanging}
        if name == "priors":
            return 200, {"exams": self.priors}
        if name.endswith("/tags"):
            return 200, self.tags
        return None

    def put(self, path: str, body: dict[str, Any]) -> Answer:
        name = path.removeprefix("/api/viewing/v1/")
        if name == "hanging":
            self.hanging = body["protocols"]
            return 200, body
        mine = self._mine(name[6:])
        if body["version"] != mine["version"]:
            return 409, {"error": {"code": "marks_conflict", "message": ""}}
        self.kept[name[6:]] = {"version": mine["version"] + 1, "marks": body["marks"]}
        return 200, self.kept[name[6:]]

    def _mine(self, study: str) -> dict[str, Any]:
        return self.kept.get(study, {"version": 0, "marks": []})
