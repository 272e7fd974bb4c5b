"""The page for the person who checks outputs before they leave: changes first, then what is hidden
with the counts behind it. It is private, lies among the internal results and is never released.
"""

from collections.abc import Iterable, Iterator, Mapping
from html import escape

from mothers_margins.disclosure.ledger import COUNTS
from mothers_margins.disclosure.universe import NOT_CONCERNED, NOT_KNOWN
from mothers_margins.release.prepared import Prepared
from mothers_margins.release.protected import ProtectedStudy
from mothers_margins.release.shares import Share, planned_in

MOST_CHANGES = 40
FINDINGS = {
    "small_change": "changed by few: needs consent",
    "unsized_change": "changed, by how many cannot be told: needs consent",
    "fallen_below": "printed before, now below the threshold; it cannot be recalled",
    "cannot_be_recalled": "printed before, now hidden; it cannot be recalled",
    "large_change": "changed by more",
    "form_changed": "printed in another form before",
    "withdrawn": "in the last release, not in this one",
}
WITHHELD = {
    "internal_only": "not part of a declared table, or of a kind that is not released",
    "withheld_by_person": "withheld by a person",
    "not_compared_with_print": "its numbers were not all compared with the print",
}
STYLE = (
    "body{font:7pt/1.2 Arial,sans-serif;margin:0;columns:3;color:#1d1d1b}"
    "h1{font-size:11pt;column-span:all}h2{font-size:8pt;margin:.8em 0 .2em}"
    "p,ul{margin:.2em 0}ul{padding-left:1.1em}@page{size:A4;margin:1cm}"
)


def checker_page(ready: Prepared, shares: Mapping[str, Share], consent: str) -> str:
    """The page as HTML."""
    study = ready.run.study
    parts = [
        f"<!doctype html><html lang='en'><meta charset='utf-8'><title>For the output checker: "
        f"{escape(study.name)}</title><style>{STYLE}</style>",
        f"<h1>INTERNAL. For the person who checks outputs: {escape(study.title)}</h1>",
        f"<p>{escape(ready.run.source.mark or 'RESTRICTED DATA')}. Policy "
        f"{escape(ready.policy.name)}: counts below {ready.policy.threshold} are hidden. Decided "
        f"by {escape(ready.policy.author)}.</p>",
        _section("What has changed since earlier releases", _changes(ready, consent)),
        _section("What is hidden, with the counts behind it", _hidden(ready, shares)),
        _section("Counts of 1 that follow from what is printed", _ones(ready)),
        _section("Withheld by a person", _vetoes(ready)),
        _section("Not released", _withheld(ready)),
    ]
    return "\n".join(parts)


def _section(title: str, lines: Iterable[str]) -> str:
    items = "".join(f"<li>{escape(line)}</li>" for line in lines) or "<li>nothing</li>"
    return f"<h2>{escape(title)}</h2><ul>{items}</ul>"


def _changes(ready: Prepared, consent: str) -> Iterator[str]:
    told = ready.changes[ready.changes["finding"].isin([*FINDINGS])]
    if consent:
        yield f"Consent given by {consent}"
    for row in told.head(MOST_CHANGES).to_dict("records"):
        where = " / ".join(
            str(row[key]) for key in ("table", "variable", "level", "group") if row[key]
        )
        is_count = row["form_before"] in COUNTS and row["form_now"] in COUNTS
        numbers = f" ({row['before']} before, {row['now']} now)" if is_count else ""
        yield f"{where}: {FINDINGS[row['finding']]}{numbers}"
    if len(told) > MOST_CHANGES:
        yield f"and {len(told) - MOST_CHANGES} more"


def _hidden(ready: Prepared, shares: Mapping[str, Share]) -> Iterator[str]:
    """Per table what is hidden by rule and to protect others, then each variable with its counts;
    a cell of several tables stands once.
    """
    if ready.protected is None:
        yield "nothing: all of it was published before"
        return
    for table, share in shares.items():
        yield (
            f"{table}: {share.cells} cells, {share.shown} shown, {share.by_rule} hidden by rule, "
            f"{share.for_others} to protect others"
        )
    names = dict.fromkeys(
        name for table in shares for name in planned_in(ready.protected.plan, table)
    )
    for name in names:
        counts = "; ".join(_counts(ready.protected, name))
        if counts:
            yield f"{name} ({ready.protected.form(name)}): {counts}"


def _counts(protected: ProtectedStudy, name: str) -> Iterator[str]:
    """Hidden cells by level: in each group the count, with an o where it is hidden to protect
    others.
    """
    variable = protected.variable(name)
    if variable is None:
        yield "could not be protected"
        return
    for level in (*variable.levels, NOT_KNOWN, NOT_CONCERNED):
        told = []
        for group in variable.columns:
            cell = protected.cell(name, level, group)
            if cell and cell.hidden:
                mark = "o" if cell.why == "others" else ""
                told.append(f"{group} {protected.count(name, level, group)}{mark}")
        if told:
            yield f"{level or 'not known'}: {', '.join(told)}"


def _ones(ready: Prepared) -> Iterator[str]:
    """What one printed number leaves of another, where that is one participant."""
    printed = {cell.place: cell.value for cell in ready.cells if cell.shown and cell.form in COUNTS}
    groups = ready.run.study.printed_groups
    for place, value in printed.items():
        for part in groups[place.group].contains if place.group in groups else ():
            inner = printed.get(place._replace(group=part))
            if isinstance(value, int) and isinstance(inner, int) and value - inner == 1:
                yield f"{place.variable} {place.level}: {place.group} without {part}"
    if ready.protected is not None:
        universe = ready.protected.plan.universe
        sizes = {group: universe.size(group) for group in universe.groups}
        everybody = int(universe.sizes.sum())
        for group, size in sizes.items():
            if everybody - size == 1:
                yield f"participants in no part of {group}"


def _vetoes(ready: Prepared) -> Iterator[str]:
    declared = ready.run.study.file.disclosure
    for veto in declared.withhold if declared else ():
        cell = " / ".join(
            part for part in (veto.table, veto.variable, veto.level, veto.group) if part
        )
        yield f"{cell}: {veto.who}, {veto.when}: {veto.why}"


def _withheld(ready: Prepared) -> Iterator[str]:
    by_code: dict[str, list[str]] = {}
    for name, code in ready.withheld.items():
        by_code.setdefault(code, []).append(name)
    for code, names in by_code.items():
        yield f"{WITHHELD[code]}: {', '.join(names)}"
