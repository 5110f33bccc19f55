"""`cloudfilm check-views FILE`: tries each view, shows what it would bring, takes nothing."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from domain.messages import PatientMessage, ReportMessage
from domain.patient import masked_name
from integrations.his.view_link import ViewDown, ViewProblem, read_rows
from integrations.his.view_rows import RowReader, Told
from integrations.his.views import View, load_views


def check_views(file: Path, zone: ZoneInfo, *, shown: int, most: int) -> bool:
    """True when every view gives rows that can be taken, or none at all."""
    try:
        views = load_views(file)
    except (OSError, ValueError) as error:
        print(f"✗ {error}")
        return False
    results = [asyncio.run(_check(view, zone, shown=shown, most=most)) for view in views]
    return all(results)


async def _check(view: View, zone: ZoneInfo, *, shown: int, most: int) -> bool:
    since = datetime.now(UTC) - timedelta(days=view.first_days)
    reader, problems, good = RowReader(view, zone), Counter[str](), 0
    lines: list[str] = []
    try:
        async for part in read_rows(view, since, zone):
            for row in map(reader.read, part):
                if row.told is None:
                    problems[row.problem] += 1
                    continue
                good += 1
                if len(lines) < shown:
                    lines.append(f"    {described(row.told)}")
            if good + problems.total() >= most:
                break
    except (ViewDown, ViewProblem) as error:
        print(f"✗ [{view.name}] {error}")
        return False
    print(
        f"{'✗' if problems else '✓'} [{view.name}] {view.kind}: {good} rows since {since:%Y-%m-%d}"
    )
    print("\n".join(lines), end="\n" if lines else "")
    for problem, count in problems.most_common():
        print(f"    ✗ {problem}: {count} rows")
    return not problems


def described(told: Told) -> str:
    """Enough to see that the mapping is right, too little to know the person."""
    patient = told.patient
    facts = [
        f"{told.sent_at:%Y-%m-%d %H:%M:%S}Z", f"{patient.patient_number[:2]}***",
        masked_name(patient.name), patient.sex or "-",
        "birth" if patient.birth_date else "no birth date", "ID" if patient.id_card else "no ID",
        "phone" if patient.phone else "no phone", told.patient_type.label or "-",
    ]  # fmt: skip
    if isinstance(told, PatientMessage):
        return " ".join([*facts, told.ward])
    facts += [told.accession_number, told.modality, told.procedure]
    if isinstance(told, ReportMessage):
        has_pdf = "PDF" if told.pdf else "no PDF"
        facts += [told.state, f"{len(told.findings)}+{len(told.impression)} characters", has_pdf]
    return " ".join(facts)
