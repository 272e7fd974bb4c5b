"""What a release would change against all that were made before it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import pandas as pd

from mothers_margins.disclosure.ledger import COUNTS, Entry, Ledger, Place, Recorded, plain

COLUMNS = [
    "table",
    "variable",
    "level",
    "group",
    "finding",
    "form_before",
    "form_now",
    "before",
    "now",
    "change",
    "entry",
    "other_data",
]


def recorded(ledger: Ledger) -> pd.DataFrame:
    """Every cell of every entry, one row each: entry, when, study, data_key, table, variable,
    level, group, form, shown, value (empty if hidden).
    """
    columns = ["entry", "when", "study", "data_key", *COLUMNS[:4], "form", "shown", "value"]
    rows = [
        (
            entry.number,
            entry.when,
            entry.content.study,
            entry.content.data_key,
            *cell.place,
            cell.form,
            cell.shown,
            cell.value,
        )
        for entry in ledger.entries()
        for cell in entry.content.cells
    ]
    frame = pd.DataFrame(rows, columns=columns, dtype="object")  # a count stays a whole number
    texts = dict.fromkeys([*columns[1:8], "form"], "str")
    return frame.astype({**texts, "entry": "Int64", "shown": "boolean"})


def hidden_before(ledger: Ledger, study: str) -> dict[Place, bool]:
    """Every cell that a study released before: whether it was hidden, were it only once."""
    hidden: dict[Place, bool] = {}
    for entry in _of_study(ledger, study):
        for cell in entry.content.cells:
            hidden[cell.place] = hidden.get(cell.place, False) or not cell.shown
    return hidden


def differences(
    ledger: Ledger,
    new_pattern: Iterable[Recorded],
    data_key: str,
    *,
    study: str,
    threshold: int,
) -> pd.DataFrame:
    """What a release would change, one row for each finding about a cell.

    finding: `must_stay_hidden` (it was hidden before and would be shown), `cannot_be_recalled` (it
    was shown before and is hidden), `fallen_below` (it was shown before and counts fewer than the
    threshold now), `small_change` (a number of participants changed by 1 to threshold - 1 from one
    that was released), `large_change` (by more), `unsized_change` (a number that is no count
    changed; by how many participants cannot be told), `form_changed`, `new`, `same`, `withdrawn`
    (it stood in the last release). before, now: what was released and would be; empty if hidden.
    entry: number of the latest one that it is compared with. other_data: whether that was made of
    other data, by their keys.

    new_pattern: hidden cells may hold their value, so that `fallen_below` can be told.
    """
    earlier = _of_study(ledger, study)
    history: dict[Place, list[tuple[Entry, Recorded]]] = {}
    for entry in earlier:
        for cell in entry.content.cells:
            history.setdefault(cell.place, []).append((entry, cell))
    now = {cell.place: plain(cell) for cell in new_pattern}
    rows: list[_Finding] = []
    for place, cell in now.items():
        rows += _of_cell(cell, history.get(place, []), threshold)
    if earlier:
        for cell in earlier[-1].content.cells:
            if cell.place not in now:
                rows.append(_Finding("withdrawn", cell.place, earlier[-1], cell, None))
    return _frame(rows, data_key)


@dataclass(frozen=True)
class _Finding:
    """A finding about a cell, with the entry that it is compared with."""

    code: str
    place: Place
    entry: Entry | None
    before: Recorded | None
    now: Recorded | None


def _of_cell(
    cell: Recorded, history: Sequence[tuple[Entry, Recorded]], threshold: int
) -> Iterator[_Finding]:
    """All findings about a cell of the new pattern; at least one."""
    if not history:
        yield _Finding("new", cell.place, None, None, cell)
        return
    found = [
        *_of_hidden(cell, history),
        *_of_shown(cell, history, threshold),
        *_of_form(cell, history),
    ]
    if found:
        yield from found
        return
    entry, before = history[-1]
    yield _Finding("same", cell.place, entry, before, cell)


def _of_hidden(cell: Recorded, history: Sequence[tuple[Entry, Recorded]]) -> Iterator[_Finding]:
    """What was hidden before and would be shown."""
    hidden = [(entry, before) for entry, before in history if not before.shown]
    if cell.shown and hidden:
        entry, before = hidden[-1]
        yield _Finding("must_stay_hidden", cell.place, entry, before, cell)


def _of_shown(
    cell: Recorded, history: Sequence[tuple[Entry, Recorded]], threshold: int
) -> Iterator[_Finding]:
    """What was shown before and has fallen, changed or is hidden; once for each number that a
    reader holds.
    """
    shown = [(entry, before) for entry, before in history if before.shown]
    if not shown:
        return
    entry, before = shown[-1]
    if _is_below(cell, before, threshold):
        yield _Finding("fallen_below", cell.place, entry, before, cell)
    if not cell.shown:
        yield _Finding("cannot_be_recalled", cell.place, entry, before, cell)
        return
    latest = {(one.form, one.value): (of, one) for of, one in shown}
    for entry, before in latest.values():
        code = _change(before, cell, threshold)
        if code:
            yield _Finding(code, cell.place, entry, before, cell)


def _of_form(cell: Recorded, history: Sequence[tuple[Entry, Recorded]]) -> Iterator[_Finding]:
    """Another form than in the latest release, where both show something."""
    entry, before = history[-1]
    if cell.shown and before.shown and cell.form != before.form:
        yield _Finding("form_changed", cell.place, entry, before, cell)


def _is_count(cell: Recorded) -> bool:
    return cell.form in COUNTS and isinstance(cell.value, int)


def _is_below(cell: Recorded, before: Recorded, threshold: int) -> bool:
    """Whether a cell that was shown counts too few now. A nought that was shown is one by
    definition, and stays.
    """
    if not isinstance(cell.value, int) or not (_is_count(cell) or not cell.shown):
        return False
    return cell.value < threshold and not cell.value == before.value == 0


def _change(before: Recorded, now: Recorded, threshold: int) -> str:
    """The code for how a released number has changed; empty if it has not, or has another form."""
    if before.form not in COUNTS or now.form not in COUNTS:
        is_same = before.form != now.form or before.value == now.value
        return "" if is_same else "unsized_change"
    if not isinstance(before.value, int) or not isinstance(now.value, int):
        return "" if before.value == now.value else "unsized_change"
    change = abs(now.value - before.value)
    if not change:
        return ""
    return "small_change" if change < threshold else "large_change"


def _frame(findings: Sequence[_Finding], data_key: str) -> pd.DataFrame:
    rows = [_row(finding, data_key) for finding in findings]
    frame = pd.DataFrame(rows, columns=COLUMNS, dtype="object")  # a count stays a whole number
    texts = dict.fromkeys(COLUMNS[:7], "str")
    return frame.astype({**texts, "change": "Float64", "entry": "Int64", "other_data": "boolean"})


def _row(finding: _Finding, data_key: str) -> tuple[object, ...]:
    before = finding.before.value if finding.before and finding.before.shown else None
    now = finding.now.value if finding.now and finding.now.shown else None
    is_number = not isinstance(before, str | None) and not isinstance(now, str | None)
    change = now - before if is_number else None  # type: ignore[operator]
    return (
        *finding.place,
        finding.code,
        finding.before.form if finding.before else "",
        finding.now.form if finding.now else "",
        before,
        now,
        change,
        finding.entry.number if finding.entry else None,
        finding.entry.content.data_key != data_key if finding.entry else None,
    )


def _of_study(ledger: Ledger, study: str) -> list[Entry]:
    return [entry for entry in ledger.entries() if entry.content.study == study]
