"""A finished release, read as a stranger would read it: as text, by csv and json alone."""

import csv
import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mothers_margins.errors import DisclosureError
from mothers_margins.release.leak_search.search import KINDS as LEAKS
from mothers_margins.release.leaks import leaks
from mothers_margins.release.manifest import NAME, faults, read_manifest

Line = Mapping[str, str]
# Which columns count participants, as docs/results.md lists them.
# A deck's reserve is hidden by intent: its slides are checked like all others when it is made.
OWN_DECK = re.compile(r"(?:^|/)leag_\d+/deck\.pptx$")
COUNTS = ("n", "n_events", "denominator", "missing")
KINDS = {
    "not_a_release": "it is no release as the program wrote it",
    "count_below": "a count below the threshold that is not nought by definition",
    "hidden_not_empty": "a hidden cell that holds a number",
    "left_by_others": "a hidden count that is what the others leave of their base",
    "unreadable": "a table that cannot be read",
}


@dataclass(frozen=True, order=True)
class Finding:
    """Something in a finished file that must not be there. file, place: where. kind: its code."""

    file: str
    place: str
    kind: str


def audit(folder_or_file: Path) -> list[Finding]:
    """Everything that is wrong with finished files: leaks beside the numbers and, of a release,
    files that are not as its manifest says, and numbers that should be hidden.

    A folder that holds releases is audited one by one. Raises UsageError if there is no such file.
    """
    found = [
        Finding(leak.file, leak.place, leak.kind)
        for leak in leaks(folder_or_file)
        if not (leak.kind == "hidden_slide" and OWN_DECK.search(leak.file))
    ]
    if folder_or_file.is_dir():
        for manifest in sorted(folder_or_file.rglob(NAME)):
            found += _of_release(manifest.parent, manifest.parent.relative_to(folder_or_file))
    return sorted({*found})


def in_words(finding: Finding) -> str:
    """A finding's kind in words."""
    return KINDS.get(finding.kind) or LEAKS[finding.kind]


def _of_release(folder: Path, place: Path) -> Iterator[Finding]:
    inside = "" if place == Path() else f"{place.as_posix()}/"
    try:
        manifest = read_manifest(folder)
    except DisclosureError:
        yield Finding(f"{inside}{NAME}", "the file", "not_a_release")
        return
    for fault in faults(folder, manifest):
        yield Finding(f"{inside}{NAME}", fault, "not_a_release")
    policy = json.loads((folder / NAME).read_text(encoding="utf-8"))["policy"]
    if policy["name"] == "already_public":
        return
    for path in sorted(folder.rglob("*.csv")):
        name = f"{inside}{path.relative_to(folder).as_posix()}"
        for where, kind in table_faults(path, int(policy["threshold"])):
            yield Finding(name, where, kind)


def table_faults(path: Path, threshold: int) -> Iterator[tuple[str, str]]:
    """What is wrong with the numbers of one table: place and code."""
    try:
        with path.open(encoding="utf-8", newline="") as text:
            lines = list(csv.DictReader(text, strict=True))
        told = list(_told(lines, threshold))
    except (KeyError, ValueError, TypeError, csv.Error):
        yield "the file", "unreadable"
        return
    yield from told


def _told(lines: Sequence[Line], threshold: int) -> Iterator[tuple[str, str]]:
    for number, line in enumerate(lines, start=2):
        place = f"line {number}"
        if line["status"] == "suppressed":
            if any(_is_number(text) for text in _numbers(line)):
                yield place, "hidden_not_empty"
        elif line["status"] == "shown" and any(0 <= n < threshold for n in _counts(line)):
            yield place, "count_below"
    yield from _left_by_others(lines, threshold)


def _numbers(line: Line) -> Iterator[str]:
    """Cells that can hold a number; names and codes can be of digits."""
    texts = ("table", "study", "timepoint", "status", "note", "block", "variable", "level")
    more = ("group", "outcome", "specification", "term", "reference", "reason", "method", "model")
    for column, text in line.items():
        if column not in (*texts, *more):
            yield text


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _counts(line: Line) -> Iterator[float]:
    """Numbers of participants in a line; that nobody is missing is no news of anybody."""
    for column in COUNTS:
        text = line.get(column) or ""
        if text and not (column == "missing" and float(text) == 0):
            yield float(text)
    if line.get("statistic") == "n" and line.get("value"):
        yield float(line["value"])


def _left_by_others(lines: Sequence[Line], threshold: int) -> Iterator[tuple[str, str]]:
    """Blocks of a variable in a group, of which one level is hidden, and what the others leave of
    their base is below the threshold.
    """
    blocks: dict[tuple[str, str], list[tuple[int, Line]]] = defaultdict(list)
    for number, line in enumerate(lines, start=2):
        if line.get("statistic") == "n" and line.get("level"):
            blocks[line["variable"], line["group"]].append((number, line))
    for block in blocks.values():
        hidden = [number for number, line in block if line["status"] == "suppressed"]
        printed = [line for _, line in block if line["status"] != "suppressed"]
        bases = {float(line["denominator"]) for line in printed if line["denominator"]}
        if len(hidden) != 1 or len(bases) != 1:
            continue
        left = bases.pop() - sum(float(line["value"]) for line in printed)
        if left < threshold:
            yield f"line {hidden[0]}", "left_by_others"
