"""Matching of person names (PS3.4 C.2.2.2.1, PS3.5 6.2): conditions that an index can answer as
long as the pattern begins with letters, and the indexes themselves (a migration makes them).

A pattern is compared, in any case, with the whole name and with each of its groups (alphabetic,
ideographic, phonetic); one of ideographs without `^` with family and given name together. Every
comparison begins with a range of the indexed expression, which holds all that can match; LIKE (GLOB
on SQLite) then looks at what is left.
"""

import re
from typing import Any

from storage.transactions import is_sqlite

# expressions on a name: "whole", what follows the first "=", what follows the second
_SQLITE_AFTER = "substr({name}, instr({name} || '=', '=') + 1)"
_POSTGRES_AFTER = "substr({name}, strpos({name} || '=', '=') + 1)"
PARTS = ("whole", "second", "third")


def part(column: str, which: str, *, is_joined: bool, sqlite: bool) -> str:
    """One of PARTS of a name column in lower case, `^` at the end cut off; without any `^` when
    joined. Text of an index, so it must never change without a migration."""
    after = _SQLITE_AFTER if sqlite else _POSTGRES_AFTER
    name = f"lower({column})"
    if which in ("second", "third"):
        name = after.format(name=name)
    if which == "third":
        name = after.format(name=name)
    return f"replace({name}, '^', '')" if is_joined else f"rtrim({name}, '^')"


def first_group(expression: str, *, sqlite: bool) -> str:
    """The group with which an expression begins."""
    find = f"instr({expression} || '=', '=')" if sqlite else f"strpos({expression} || '=', '=')"
    return f"rtrim(substr({expression}, 1, {find} - 1), '^')"


def index_statements(*, sqlite: bool) -> list[str]:
    """Six indexes on study.patient_name; those of the second and third group hold only names that
    have one."""
    statements = []
    for which in PARTS:
        for is_joined in (False, True):
            expression = part("patient_name", which, is_joined=is_joined, sqlite=sqlite)
            kind = "" if sqlite else " text_pattern_ops"
            name = f"idx_study_name_{which}{'_joined' if is_joined else ''}"
            statements.append(
                f"CREATE INDEX IF NOT EXISTS {name} ON study (({expression}){kind})"
                + ("" if which == "whole" else f" WHERE {_has(which, 'patient_name')}")
            )
    return statements


def name_condition(column: str, pattern: str, values: list[Any]) -> str:
    """SQL with `$n` parameters, which are appended to `values`."""
    sqlite = is_sqlite()
    pattern = pattern.lower().rstrip("^")
    is_joined = "^" not in pattern and not pattern.isascii()
    tests = []
    for which in PARTS:
        expression = part(column, which, is_joined=is_joined, sqlite=sqlite)
        forms = [like(expression, pattern, values)]
        if "=" not in pattern:
            forms.append(like(first_group(expression, sqlite=sqlite), pattern, values))
        conditions = [f"({' OR '.join(forms)})", *_range(expression, pattern, values)]
        if which != "whole":
            conditions.append(_has(which, column))
        tests.append(f"({' AND '.join(conditions)})")
        if "=" in pattern:  # only the whole name has such a thing
            break
    condition = f"({' OR '.join(tests)})"
    held = _held(column, pattern, values, sqlite=sqlite)
    return f"({held} AND {condition})" if held else condition


def _held(column: str, pattern: str, values: list[Any], *, sqlite: bool) -> str:
    """What every name holds that can match a pattern without a beginning, so that the scan does not
    take each name apart: the longest letters between its wildcards, `^` left out on both sides."""
    if pattern[:1] not in ("*", "?"):
        return ""
    longest = max(re.split(r"[*?]", pattern.replace("^", "")), key=len)
    if not longest:
        return ""
    values.append(longest)
    find = "instr" if sqlite else "strpos"
    name = part(column, "whole", is_joined=True, sqlite=sqlite)
    return f"{find}({name}, ${len(values)}) > 0"


def like(expression: str, pattern: str, values: list[Any]) -> str:
    """PS3.4 C.2.2.2.4: `*` any characters, `?` one, all others themselves."""
    if is_sqlite():
        values.append(pattern.replace("[", "[[]"))
        return f"{expression} GLOB ${len(values)}"
    for char in "\\%_":
        pattern = pattern.replace(char, "\\" + char)
    values.append(pattern.replace("*", "%").replace("?", "_"))
    return f"{expression} LIKE ${len(values)}"


def _range(expression: str, pattern: str, values: list[Any]) -> list[str]:
    """From the letters before the first wildcard to the first text after all that begin so."""
    start = pattern[: min((pattern + "*").index("*"), (pattern + "?").index("?"))]
    if not start:
        return []
    at_least, below = (">=", "<") if is_sqlite() else ("~>=~", "~<~")
    values.append(start)
    conditions = [f"{expression} {at_least} ${len(values)}"]
    end = _next_text(start)
    if end:
        values.append(end)
        conditions.append(f"{expression} {below} ${len(values)}")
    return conditions


def _next_text(start: str) -> str:
    """The least text, by code points, above all that begin with `start`; "" when there is none."""
    while start:
        point = ord(start[-1]) + 1
        if point == 0xD800:
            point = 0xE000
        if point < 0x110000:
            return start[:-1] + chr(point)
        start = start[:-1]
    return ""


def _has(which: str, column: str) -> str:
    """Whether a name has that group: the condition of the partial indexes, word for word."""
    return f"{column} LIKE '{'%=%' if which == 'second' else '%=%=%'}'"
