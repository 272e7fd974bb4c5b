"""Small patterns of a release, for tests of the ledger."""

from datetime import UTC, datetime
from pathlib import Path

from mothers_margins.disclosure.ledger import Content, Place, Recorded, content_of
from mothers_margins.disclosure.ledger_file import FolderLedger
from mothers_margins.disclosure.policy import Policy, preset

KEY = "a" * 64
OTHER_KEY = "b" * 64
VERSION = "0.1.0"
WHEN = datetime(2026, 11, 27, 12, 30, tzinfo=UTC)


def policy() -> Policy:
    return preset(
        "threshold_10",
        not_known="protected",
        follow_up="shown",
        precedence=("t1", "t2"),
        author="the team",
        reason="10 is the rule",
    )


def shown(level: str, value: int | float | str, *, table: str = "t1", form: str = "counts"):
    return Recorded(Place(table, "partner", level, "all"), form, True, value)


def hidden(level: str, value: int | None = None, *, table: str = "t1", form: str = "counts"):
    return Recorded(Place(table, "partner", level, "all"), form, False, value)


def content(*cells: Recorded, key: str = KEY, study: str = "esmi") -> Content:
    return content_of(study, key, policy(), cells)


def contents(number: int) -> list[Content]:
    return [content(shown("Yes", 20 + each), hidden("No")) for each in range(number)]


def append_some(folder: Path, first: int, number: int) -> None:
    """What each of several processes does at once."""
    ledger = FolderLedger(folder)
    for value in range(first, first + number):
        ledger.append(content(shown("Yes", value)), when=WHEN, version=VERSION)
