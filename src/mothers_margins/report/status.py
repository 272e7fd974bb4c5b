"""Draft or final: what a final report needs, and what it says otherwise than its draft."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Literal, TypedDict

from mothers_margins.errors import UsageError
from mothers_margins.report.chapters import Told
from mothers_margins.report.material import Material
from mothers_margins.slides.feedback import feedback_folder
from mothers_margins.tables.table import Table

Status = Literal["draft", "final"]
STATUSES: tuple[Status, ...] = ("draft", "final")
RECORD = "report.json"  # lies beside every report
DRAFT = "draft.json"  # the record of the draft, put into the folder of feedback


class Record(TypedDict):
    """What a report says of itself. chapters: by title a hash of its prose; exhibits: by caption
    the texts of the cells.
    """

    status: str
    chapters: dict[str, str]
    exhibits: dict[str, list[str]]


def status_of(given: str) -> Status:
    """A status. Raises UsageError for any other text."""
    for status in STATUSES:
        if given == status:
            return status
    raise UsageError(f"report: status is one of {', '.join(STATUSES)}.")


def record_of(status: Status, chapters: Sequence[Told]) -> Record:
    """What is recorded of a report, so that the next one can say what has changed."""
    exhibits: dict[str, list[str]] = {}
    for told in chapters:
        for part in told.parts:
            if part.exhibit and isinstance(part.exhibit.made, Table):
                exhibits[part.exhibit.name] = list(_texts(part.exhibit.made))
    prose = {told.chapter.file: sha256(told.markdown.encode()).hexdigest() for told in chapters}
    return {"status": status, "chapters": prose, "exhibits": exhibits}


def _texts(table: Table) -> Iterator[str]:
    for section in table.sections:
        for row in section.rows:
            yield " | ".join([row.label, *(table.print(cell) for cell in row.cells)])


def refuse_unfinished(material: Material) -> None:
    """Raise UsageError with all that a final report lacks: the agreed list, what became of the last
    meeting's feedback, facts that were compared with their sources, the record of the draft.
    """
    problems = lacking(material)
    if problems:
        remedy = "Make a draft (status draft), or put what is missing into the folder of feedback."
        raise UsageError("The report cannot be final yet.", problems, remedy)


def lacking(material: Material) -> tuple[str, ...]:
    """All that a final report lacks."""
    return tuple(_lacking(material))


def _lacking(material: Material) -> Iterator[str]:
    given, study = material.given, material.released.study
    if given.lock is None:
        yield "the list of explanatory variables is not locked (lock in study.yaml)"
    last = len(study.leag.meetings) if study.leag else 0
    topics = [topic for topic in given.topics if topic.meeting == last]
    if last and not topics:
        yield f"nothing is written down of meeting {last} (meeting_{last}.csv)"
    still_open = sum(not topic.decision for topic in given.topics)
    if still_open:
        yield f"topics without a decision: {still_open}"
    unchecked = [name for name, fact in material.written.facts.facts.items() if not fact.checked]
    if unchecked:
        yield f"facts not compared with their sources (facts.yaml): {', '.join(unchecked)}"
    if _draft_file() is None:
        yield f"there is no {DRAFT}: the {RECORD} of the draft, so that what changed can be listed"


def _draft_file() -> Path | None:
    folder = feedback_folder()
    path = folder / DRAFT if folder else None
    return path if path and path.is_file() else None


def with_changes(material: Material, now: Record) -> Material:
    """The material of a final report with what has changed since its draft. Raises UsageError for a
    record of a draft that cannot be read.
    """
    path = _draft_file()
    if path is None:
        return material
    try:
        before: Record = json.loads(path.read_text(encoding="utf-8"))
        changes = tuple(_changes(before, now))
    except (ValueError, KeyError, TypeError, AttributeError):
        raise UsageError(f"{DRAFT} is no {RECORD} of a report.") from None
    return replace(material, changes=changes)


def _changes(before: Record, now: Record) -> Iterator[tuple[str, str]]:
    """Chapters, then tables, that are new, gone or different."""
    yield from _differing(before["chapters"], now["chapters"], "its text was changed")
    old, new = before["exhibits"], now["exhibits"]
    for name in sorted({*old} | {*new}):
        if name == "changed_since_draft":
            continue
        if name not in old or name not in new:
            yield name, "a new table" if name in new else "a table that is no longer there"
            continue
        rows = sum(row not in old[name] for row in new[name])
        if rows or len(old[name]) != len(new[name]):
            yield name, f"table: {rows} of {len(new[name])} rows differ"


def _differing(
    old: Mapping[str, str], new: Mapping[str, str], how: str
) -> Iterator[tuple[str, str]]:
    for name in sorted({*old} | {*new}):
        if name not in old:
            yield name, "a new part"
        elif name not in new:
            yield name, "a part that is no longer there"
        elif old[name] != new[name]:
            yield name, how
