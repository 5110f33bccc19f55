"""ACK messages. Original mode (HL7 v2.4 section 2.9.2): AA taken, AE cannot, AR will not. Enhanced
mode (2.9.3), when MSH-15 or MSH-16 say so: CA, CE, CR when it is safely kept or not, and the
application's AA, AE, AR as a message of its own."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from integrations.his.hl7_text import Header

Way = Literal["usual", "as_asked", "original"]
_COMMIT = {"AA": "CA", "AE": "CE", "AR": "CR"}


@dataclass(frozen=True, slots=True)
class Verdict:
    """`is_kept`: the message lies in our inbox although it could not be worked on."""

    code: str  # AA, AE, AR
    problem: str = ""
    where: str = ""
    is_kept: bool = False


def acknowledgements(
    header: Header, verdict: Verdict, now: datetime, *, way: Way = "usual"
) -> list[bytes]:
    """What is answered: one message in original mode, none to two in enhanced mode. The `usual`
    way takes AL with NE for the habit that it is: senders fill it in and wait for AA."""
    if header.kind[0] == "ACK":  # an answer has no answer
        return []
    is_habit = way == "usual" and (header.accept_ack, header.application_ack) == ("AL", "NE")
    if way == "original" or is_habit or not header.is_enhanced:
        return [_one(header, verdict.code, now, verdict)]
    tells_application = _is_wanted(header.application_ack, is_good=verdict.code == "AA")
    is_accepted = verdict.code == "AA" or (verdict.is_kept and tells_application)
    commit = Verdict("AA") if is_accepted else verdict
    answers = []
    if _is_wanted(header.accept_ack, is_good=is_accepted):
        answers.append(_one(header, _COMMIT[commit.code], now, commit, number=1))
    if (tells_application and is_accepted) or (tells_application and not answers):
        answers.append(_one(header, verdict.code, now, verdict, number=2))
    return answers


def _is_wanted(condition: str, *, is_good: bool) -> bool:
    """Table 0155: AL always, NE never, ER on errors, SU on success; a word of somebody's own counts
    as always."""
    if condition in ("", "NE"):
        return False
    return {"ER": not is_good, "SU": is_good}.get(condition, True)


def _one(header: Header, code: str, now: datetime, verdict: Verdict, number: int = 0) -> bytes:
    """In the sender's separators and character set. Says nothing of a person."""
    bar = header.separator
    marks = header.encoding_characters
    component = header.mark(0) or "^"
    event = header.kind[1]
    mine = f"A{now.strftime('%y%m%d%H%M%S%f')}{number or ''}"
    fields = [
        "MSH", marks, header.receiving_application or "CLOUDFILM", header.receiving_facility,
        header.sending_application, header.sending_facility, now.strftime("%Y%m%d%H%M%S%z"), "",
        component.join(["ACK", event]) if event else "ACK", mine, header.processing_id,
        header.version, "", "", "NE" if header.is_enhanced else "",
        "NE" if header.is_enhanced else "", "", header.charset_label,
    ]  # fmt: skip
    segments = [bar.join(fields).rstrip(bar)]
    segments.append(bar.join(["MSA", code, header.control_id, verdict.problem]).rstrip(bar))
    if verdict.problem:
        segments.append(_error(header, verdict))
    return ("\r".join(segments) + "\r").encode(header.codec, "replace")


def _error(header: Header, verdict: Verdict) -> str:
    """ERR: one coded field up to v2.4, fields for place, code and severity from v2.5 on."""
    bar, component, sub = header.separator, header.mark(0) or "^", header.mark(3) or "&"
    place = re.fullmatch(r"([A-Z][A-Z0-9]{2})(?:-(\d+))?", verdict.where)
    where = [place[1], "1", place[2] or ""] if place else ["", "", ""]
    if header.version < "2.5":
        code = sub.join(["207", verdict.problem, "HL70357"])
        return bar.join(["ERR", component.join([*where, code])])
    spot = component.join(where).rstrip(component)
    return bar.join(["ERR", "", spot, "207", "E", "", "", "", verdict.problem])
