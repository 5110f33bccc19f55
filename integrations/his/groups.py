"""Which segments of a message belong together: a patient, and under it one group for each order or
result (ORC, OBR and what follows them)."""

from dataclasses import dataclass, field

from integrations.his.hl7_text import Message, Segment

_STARTS = ("ORC", "OBR", "TXA")
_OWN = frozenset(("ORC", "OBR", "TXA", "TQ1", "ZDS", "IPC", "NTE"))


@dataclass(slots=True)
class Group:
    """`observations` are its OBX in the order they stand."""

    segments: dict[str, Segment] = field(default_factory=dict)
    observations: list[Segment] = field(default_factory=list)

    def __contains__(self, name: str) -> bool:
        return name in self.segments


class Groups:
    """All of a message. What a group lacks is looked for in the message's other segments, but never
    in another group."""

    def __init__(self, message: Message) -> None:
        self._message = message
        self.all: list[Group] = []
        self._walk()

    def _walk(self) -> None:
        patient: dict[str, Segment] = {}
        group: Group | None = None
        for segment in self._message.all:
            name = segment.name
            if name == "PID":
                patient, group = {"PID": segment}, None
            elif name == "PV1":
                patient["PV1"] = segment
                if group is not None:
                    group.segments.setdefault("PV1", segment)
            elif name in _STARTS and (group is None or _begins_another(group, name)):
                group = Group({**patient, name: segment})
                self.all.append(group)
            elif name in _STARTS:
                assert group is not None
                group.segments[name] = segment
            elif group is not None and name == "OBX":
                group.observations.append(segment)
            elif group is not None and name in _OWN:
                group.segments.setdefault(name, segment)

    def find(self, name: str, group: Group | None) -> Segment:
        if group is not None and name in group.segments:
            return group.segments[name]
        if group is not None and name in _OWN and len(self.all) > 1:
            return Segment([""], self._message.header)
        return self._message.first(name)


def _begins_another(group: Group, name: str) -> bool:
    """ORC always does; OBR and TXA do where the group has one already or its OBX have begun."""
    if name == "TXA":
        return "TXA" in group
    return name == "ORC" or "OBR" in group
