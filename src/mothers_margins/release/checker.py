"""The page for the person who checks outputs before they leave: what has changed and needs consent
first, then what is hidden and why. Two sides of paper; each hidden count stands in the files
beside it (`checker_details`). It is private, lies among the internal results and is never released.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from re import sub

import pandas as pd

from mothers_margins import __version__
from mothers_margins.disclosure.ledger import COUNTS
from mothers_margins.errors import count
from mothers_margins.release.checker_details import hidden_cells
from mothers_margins.release.checker_words import (
    FINDINGS,
    KINDS_OF_FORM,
    STAYS_INTERNAL,
    WITHHELD,
    in_words,
)
from mothers_margins.release.manifest import CELLS_OF_CHECKER, CHANGES_OF_CHECKER, ROWS_OF_CHECKER
from mothers_margins.release.plan import printed_columns
from mothers_margins.release.prepared import Prepared
from mothers_margins.release.protected import ProtectedStudy
from mothers_margins.release.shares import Share, planned_in

# How much stands on two pages; what is more is counted, and stands in the files beside.
MOST_CHANGES = 10
MOST_VARIABLES = 4  # of a table, those with most hidden
MOST_ONES = 8
MOST_VETOES = 8
NEEDS_CONSENT = ("small_change", "unsized_change")
STYLE = (
    "@page{size:A4;margin:11mm 12mm}body{font:8pt/1.28 Arial,sans-serif;margin:0;color:#1d1d1b}"
    "h1{font-size:12.5pt;margin:0 0 1mm}h2{font-size:9.5pt;margin:3mm 0 .8mm;"
    "border-top:1px solid #8a8a86;padding-top:1mm;break-after:avoid}"
    "p,ul{margin:.6mm 0}ul{padding-left:4mm}table{border-collapse:collapse;width:100%}"
    "th,td{text-align:left;vertical-align:top;padding:.35mm 2.5mm .35mm 0;"
    "border-bottom:.5px solid #d5d3ce}th{font-weight:bold}tr{break-inside:avoid}"
    ".n{text-align:right;white-space:nowrap}.box{border:1.5px solid #1d1d1b;padding:1.2mm 2mm;"
    "margin:1.5mm 0}"
)
Cells = Sequence[str | int]


def checker_page(ready: Prepared, shares: Mapping[str, Share], consent: str) -> str:
    """The page as HTML."""
    study = ready.run.study
    needs_consent = ready.changes[ready.changes["finding"].isin(NEEDS_CONSENT)]
    other = ready.changes[ready.changes["finding"].isin({*FINDINGS} - {*NEEDS_CONSENT})]
    return "\n".join(
        [
            "<!doctype html><html lang='en'><meta charset='utf-8'>",
            f"<title>For the output checker: {escape(study.name)}</title>",
            f"<style>{STYLE}</style>",
            f"<h1>INTERNAL. For the output checker: {escape(study.title)}</h1>",
            f"<p><strong>{escape(ready.run.source.mark or 'RESTRICTED DATA')}</strong>. Holds "
            "counts that are hidden: it must not leave, nor must the three files beside it, in "
            f"which every line behind this page stands ({CHANGES_OF_CHECKER}, {CELLS_OF_CHECKER}, "
            f"{ROWS_OF_CHECKER}). mothers_margins {__version__}.</p>",
            _policy(ready),
            "<p class='box'>&#9744; may leave &nbsp; &#9744; back to the analyst &nbsp;&nbsp; "
            "Checked by: __________________ &nbsp; on: __________ &nbsp; because: "
            "_______________________</p>",
            _section("1. Changed since earlier releases", _changes(ready, other)),
            _section("2. Needs your consent", _consent(needs_consent, consent)),
            _section("3. Hidden, and why, by table", _hidden(ready, shares)),
            _section("4. Numbers withheld of results that leave", _withheld(ready)),
            _section("5. Counts of 1 that follow from what is printed", [_listed(_ones(ready))]),
            _section("6. Withheld by a person", [_listed(_vetoes(ready))]),
            _section("7. Stays internal as a whole", [_listed(_internal(ready))]),
        ]
    )


def _policy(ready: Prepared) -> str:
    policy = ready.policy
    rules = [f"counts below {policy.threshold} are hidden"]
    if not policy.is_public:
        rules.append(f"a hidden count keeps at least {policy.feasible} possible values")
        rules.append(f"those not known: {policy.not_known}")
        rules.append(f"known at one timepoint only: {policy.follow_up}")
        rules.append(
            f"means of {policy.mean_from}, medians of {policy.median_from}, quartiles of "
            f"{policy.quartiles_from} or more"
        )
    return (
        f"<p>Policy {escape(policy.name)}: {escape('; '.join(rules))}. Decided by: "
        f"{escape(policy.author)}. Reason: {escape(policy.reason)}</p>"
    )


# ---- pieces of the page


def _section(title: str, parts: Iterable[str]) -> str:
    return f"<h2>{escape(title)}</h2>" + "".join(parts)


def _listed(lines: Iterable[str]) -> str:
    items = "".join(f"<li>{escape(line)}</li>" for line in lines)
    return f"<ul>{items}</ul>" if items else "<p>None.</p>"


def _said(text: str) -> str:
    return f"<p>{escape(text)}</p>"


def _table(headings: Sequence[str], rows: Iterable[Cells]) -> str:
    """A table; whole numbers stand at the right."""
    lines = list(rows)
    are_numbers = [isinstance(value, int) for value in lines[0]] if lines else [False]
    kinds = [" class='n'" if is_number else "" for is_number in are_numbers]
    heads = zip(headings, kinds, strict=False)
    head = "".join(f"<th{kind}>{escape(text)}</th>" for text, kind in heads)
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in lines)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _cell(value: str | int) -> str:
    kind = " class='n'" if isinstance(value, int) else ""
    return f"<td{kind}>{escape(str(value))}</td>"


def _first(names: Sequence[str], most: int) -> str:
    """The first of some names, and how many there are besides."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return f"{', '.join(names[:most])}{more}"


# ---- changes


def _changes(ready: Prepared, changed: pd.DataFrame) -> Iterator[str]:
    new = int((ready.changes["finding"] == "new").sum())
    if len(ready.changes) == new:
        yield _said(f"First release of this study: {new} numbers or hidden cells, none before.")
        return
    yield _said(f"New: {new}. Changed otherwise: {len(changed)}.")
    yield _listed(_changed_cells(changed))


def _consent(changed: pd.DataFrame, consent: str) -> Iterator[str]:
    if not len(changed):
        yield _said("Nothing: no released number has changed by few participants.")
        return
    yield _said(f"Consent given by {consent}" if consent else "Consent is not given yet.")
    yield _listed(_changed_cells(changed))


def _changed_cells(changed: pd.DataFrame) -> Iterator[str]:
    for row in changed.head(MOST_CHANGES).to_dict("records"):
        keys = ("table", "variable", "level", "group")
        where = " / ".join(str(row[key]) for key in keys if row[key])
        is_count = row["form_before"] in COUNTS and row["form_now"] in COUNTS
        numbers = f" ({row['before']} before, {row['now']} now)" if is_count else ""
        yield f"{where}: {FINDINGS[row['finding']]}{numbers}"
    if len(changed) > MOST_CHANGES:
        yield f"and {len(changed) - MOST_CHANGES} more, in {CHANGES_OF_CHECKER}"


# ---- hidden cells


def _hidden(ready: Prepared, shares: Mapping[str, Share]) -> Iterator[str]:
    """Per table what is hidden by rule and to protect others, and of which variables most."""
    if ready.protected is None:
        yield _said("Nothing: all of it was published before.")
        return
    declared = ready.run.study.file.disclosure
    accepted = declared.accept_hidden if declared else {}
    yield _table(
        ("table", "cells", "shown", "by rule", "for others", "why so much may be hidden"),
        ((table, *_numbers_of(share), accepted.get(table, "")) for table, share in shares.items()),
    )
    rows: list[Cells] = []
    for table in shares:
        for place, row in enumerate(_variables(ready.protected, table)):
            rows.append(("" if place else table, *row))
    yield _said(
        "Of each table the variables with most hidden, those not known as well, with the counts "
        "behind: smallest to largest of those hidden by rule, and of those hidden for others."
    )
    headings = ("table", "variable", "printed as", "by rule", "counts", "for others", "counts")
    yield _table(headings, rows)
    for block, words in ready.protected.refused.items():
        told = f"{block} ({' / '.join(words)})"
        yield _said(f"Could not be protected, so nothing of it is printed: {told}.")


def _numbers_of(share: Share) -> tuple[int, int, int, int]:
    return share.cells, share.shown, share.by_rule, share.for_others


def _variables(protected: ProtectedStudy, table: str) -> Iterator[Cells]:
    """The variables of a table with most hidden cells."""
    groups = tuple(printed_columns(protected.plan.study, table))
    by_name = {
        name: list(hidden_cells(protected, name, groups))
        for name in planned_in(protected.plan, table)
    }
    found = [(name, cells) for name, cells in by_name.items() if cells]
    found.sort(key=lambda pair: -len(pair[1]))
    for name, cells in found[:MOST_VARIABLES]:
        by_rule = [cell.count for cell in cells if cell.why == "rule"]
        others = [cell.count for cell in cells if cell.why == "others"]
        form = in_words(KINDS_OF_FORM, protected.form(name))
        yield (name, form, len(by_rule), _range(by_rule), len(others), _range(others))
    if len(found) > MOST_VARIABLES:
        rest = found[MOST_VARIABLES:]
        cells = [cell for _, own in rest for cell in own]
        by_rule = [cell.count for cell in cells if cell.why == "rule"]
        others = [cell.count for cell in cells if cell.why == "others"]
        name = f"{count(len(rest), 'variable')} more"
        yield (name, "", len(by_rule), _range(by_rule), len(others), _range(others))


def _range(counts: Sequence[int]) -> str:
    ends = sorted({min(counts), max(counts)}) if counts else []
    return " to ".join(map(str, ends))


# ---- rows, ones, vetoes, what stays


def _withheld(ready: Prepared) -> Iterator[str]:
    """By reason, how many numbers of which results."""
    if not ready.rows:
        yield _said("None.")
        return
    by_code: dict[str, Counter[str]] = {}
    for one in ready.rows:
        by_code.setdefault(one.code, Counter())[one.table] += 1
    order = sorted(by_code.items(), key=lambda pair: -pair[1].total())
    rows: list[Cells] = []
    for code, tables in order:
        names = [f"{name} {number}" for name, number in tables.most_common()]
        rows.append((in_words(WITHHELD, code), tables.total(), _first(names, 3)))
    yield _table(("why", "numbers", "in which results"), rows)


def _ones(ready: Prepared) -> list[str]:
    """What one printed number leaves of another, where that is one participant."""
    found: list[str] = []
    printed = {cell.place: cell.value for cell in ready.cells if cell.shown and cell.form in COUNTS}
    groups = ready.run.study.printed_groups
    for place, value in printed.items():
        for part in groups[place.group].contains if place.group in groups else ():
            inner = printed.get(place._replace(group=part))
            if isinstance(value, int) and isinstance(inner, int) and value - inner == 1:
                found.append(f"{place.variable} {place.level}: {place.group} without {part}")
    if ready.protected is not None:
        universe = ready.protected.plan.universe
        everybody = int(universe.sizes.sum())
        almost_all = [name for name in universe.groups if everybody - universe.size(name) == 1]
        found += [f"participants in no part of {name}" for name in almost_all]
    more = len(found) - MOST_ONES
    return [*found[:MOST_ONES], *([f"and {more} more"] if more > 0 else [])]


def _vetoes(ready: Prepared) -> list[str]:
    declared = ready.run.study.file.disclosure
    lines: list[str] = []
    for veto in declared.withhold if declared else ():
        parts = (veto.table, veto.variable, veto.level, veto.group)
        cell = " / ".join(part for part in parts if part)
        lines.append(f"{cell}: {veto.who}, {veto.when}: {veto.why}")
    more = len(lines) - MOST_VETOES
    return [*lines[:MOST_VETOES], *([f"and {more} more"] if more > 0 else [])]


def _internal(ready: Prepared) -> Iterator[str]:
    """Why results stay, with their names, those of both timepoints as one."""
    by_code: dict[str, Counter[str]] = {}
    for name, code in ready.withheld.items():
        by_code.setdefault(code, Counter())[sub(r"_t[12]$", "", name)] += 1
    for code, names in by_code.items():
        told = [f"{name} ({number})" if number > 1 else name for name, number in names.items()]
        yield f"{in_words(STAYS_INTERNAL, code)}: {', '.join(told)}"
