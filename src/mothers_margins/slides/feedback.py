"""What the group has said, as files: one a meeting, numbers and never names; and what a rehearsal
invents in their place.
"""

import csv
import io
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from mothers_margins import places
from mothers_margins.errors import StudyError, UsageError
from mothers_margins.study.analysis_plan import Lock
from mothers_margins.study.study import Study
from mothers_margins.study.yaml_file import parse_yaml

FOLDER = "MOTHERS_MARGINS_FEEDBACK"  # outside the repository
REHEARSAL = "rehearsal"
COLUMNS = (
    "meeting",
    "topic",
    "kind",
    "what_was_said",
    "how",
    "keep",
    "leave_out",
    "not_sure",
    "decision",
    "reason",
    "decided_on",
)
QUOTE_COLUMNS = ("meeting", "quote", "source", "permission")  # no column can name a participant
KINDS = ("variable", "word", "reading", "output", "process")
HOW = ("room", "chat", "call", "written")
OPEN = "Still open"
NOT_DONE = "not"  # how a decision not to do it begins


@dataclass(frozen=True)
class Topic:
    """One thing that was said. decision: empty while it is open. decided_on: the day, if it is
    written down.
    """

    meeting: int
    topic: str
    kind: str
    said: str
    how: str
    decision: str
    reason: str
    decided_on: str = ""

    @property
    def is_done(self) -> bool:
        """Whether it was done."""
        return bool(self.decision) and not self.decision.lower().startswith(NOT_DONE)

    @property
    def answer(self) -> str:
        """What became of it."""
        if not self.decision:
            return OPEN
        return f"{self.decision}. {self.reason}" if self.reason else self.decision


@dataclass(frozen=True)
class Quote:
    """What a woman has said, with where it was printed or said, and her permission."""

    meeting: int
    quote: str
    source: str

    @property
    def line(self) -> str:
        """As a slide says it."""
        return f"“{self.quote}” ({self.source})"


@dataclass(frozen=True)
class Given:
    """What was given beside the release: topics of earlier meetings, the list that is locked, whom
    to call, quotes. rehearsal: it is invented, and has no quotes.
    """

    topics: tuple[Topic, ...]
    lock: Lock | None
    contacts: tuple[str, ...]
    rehearsal: bool
    quotes: tuple[Quote, ...] = ()

    def before(self, meeting: int) -> tuple[Topic, ...]:
        """Topics of the meetings before this one."""
        return tuple(topic for topic in self.topics if topic.meeting < meeting)


def feedback_folder() -> Path | None:
    """The folder with feedback, quotes and contacts, if one is named. Raises UsageError where it
    lies in the project.
    """
    named = os.environ.get(FOLDER)
    if named and places.inside_project(Path(named)):
        raise UsageError(f"{FOLDER} names a folder inside the project's; it lies outside.")
    return Path(named) if named else None


def given(study: Study, *, made_up: bool) -> Given:
    """What stands beside a release. Of made-up rows it is the rehearsal of the study's folder,
    which is read for no others; else what lies in the folder of feedback, with the lock of
    study.yaml.

    Raises StudyError for a lock, UsageError for a file that is not as it must be.
    """
    folder = study.folder / REHEARSAL
    if made_up and feedback_folder() is None:
        return Given(tuple(_topics(folder)), _rehearsed_lock(folder), (), True)
    real = feedback_folder()
    topics = tuple(_topics(real)) if real else ()
    contacts = tuple(_contacts(real)) if real else ()
    lock = study.file.lock
    if made_up:
        lock = lock or _rehearsed_lock(folder)
    quotes = tuple(_quotes(real)) if real and not made_up else ()
    return Given(topics, lock, contacts, made_up, quotes)


def _rehearsed_lock(folder: Path) -> Lock | None:
    path = folder / "lock.yaml"
    if not path.is_file():
        return None
    lock, faults = parse_yaml(path, Lock)
    if faults:
        raise StudyError("The lock of the rehearsal cannot be read.", faults)
    return lock


def _topics(folder: Path) -> Iterator[Topic]:
    """Topics of all files meeting_N.csv of a folder, in their order."""
    for path in sorted(folder.glob("meeting_*.csv")):
        text = path.read_text(encoding="utf-8")
        rows = list(csv.DictReader(io.StringIO(text), strict=True))
        faults = list(_faults(rows))
        if faults:
            raise UsageError(f"{path.name} cannot be read as feedback.", faults)
        for row in rows:
            yield Topic(
                int(row["meeting"]),
                row["topic"],
                row["kind"],
                row["what_was_said"],
                row["how"],
                row["decision"],
                row["reason"],
                row["decided_on"],
            )


def _faults(rows: list[dict[str, str]]) -> Iterator[str]:
    """What is wrong with the rows of one file; no text of theirs is repeated."""
    if not rows or tuple(rows[0]) != COLUMNS:
        yield f"the columns must be {', '.join(COLUMNS)}"
        return
    for line, row in enumerate(rows, start=2):
        if not row["meeting"].isdigit():
            yield f"line {line}: meeting must be a number"
        if row["kind"] not in KINDS:
            yield f"line {line}: kind must be one of {', '.join(KINDS)}"
        if row["how"] not in HOW:
            yield f"line {line}: how must be one of {', '.join(HOW)}"
        if row["decided_on"] and not _is_day(row["decided_on"]):
            yield f"line {line}: decided_on must be a day, as 2022-02-01"


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _quotes(folder: Path) -> Iterator[Quote]:
    """Quotes of quotes.csv, each with its source and permission; nothing says which participant it
    is of.
    """
    path = folder / "quotes.csv"
    if not path.is_file():
        return
    rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8")), strict=True))
    faults = list(_faults_of_quotes(rows))
    if faults:
        remedy = f"Each line needs {', '.join(QUOTE_COLUMNS)}; permission begins with yes."
        raise UsageError("quotes.csv cannot be used.", faults, remedy)
    for row in rows:
        yield Quote(int(row["meeting"]), row["quote"].strip(), row["source"].strip())


def _faults_of_quotes(rows: list[dict[str, str]]) -> Iterator[str]:
    """What is wrong with quotes; no text of theirs is repeated."""
    if rows and tuple(rows[0]) != QUOTE_COLUMNS:
        yield f"the columns must be {', '.join(QUOTE_COLUMNS)}, and no other"
        return
    for line, row in enumerate(rows, start=2):
        if not row["meeting"].isdigit():
            yield f"line {line}: meeting must be a number"
        if not row["quote"].strip() or not row["source"].strip():
            yield f"line {line}: quote and source must be filled in"
        if not row["permission"].strip().lower().startswith("yes"):
            yield f"line {line}: there is no permission"


def _contacts(folder: Path) -> Iterator[str]:
    """The lines of contacts.txt: whom to call, and when."""
    path = folder / "contacts.txt"
    if path.is_file():
        lines = path.read_text(encoding="utf-8").splitlines()
        yield from (line.strip() for line in lines if line.strip())
