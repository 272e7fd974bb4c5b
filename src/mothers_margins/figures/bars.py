"""Bars: shares by group, and missing values."""

from typing import Any

import matplotlib as mpl

from mothers_margins.errors import UsageError
from mothers_margins.figures.figure import Figure, alt_text, left_out
from mothers_margins.figures.page import Item, Page, bar
from mothers_margins.figures.style import FIRST, GREY, INK, PAPER, SECOND, STYLE
from mothers_margins.results.results import About, Record, Results, checked
from mothers_margins.results.shown import Value, combined, is_known, percent_of, shown
from mothers_margins.rounding import rounded
from mothers_margins.study.study import Study
from mothers_margins.wording.terms import YES_NO, cited, count_text, label, level, named, symbol

MOST = {"group_bars": 14, "missing_bars": 40, "imputed_bars": 20}  # rows that one figure holds
# Groups and methods differ by fill and by outline or shape too, so that they stay apart without
# colour.
LOOKS: tuple[dict[str, Any], ...] = (
    {"facecolor": FIRST, "edgecolor": FIRST},
    {"facecolor": PAPER, "edgecolor": SECOND, "hatch": "/////"},
    {"facecolor": PAPER, "edgecolor": INK, "hatch": "....."},
)
WHOLE = {"facecolor": GREY, "edgecolor": GREY}  # a group that contains the others


def _refuse_many(who: str, rows: int) -> None:
    if not 0 < rows <= MOST[who]:
        remedy = "Choose fewer variables, or show a table." if rows else ""
        raise UsageError(
            f"{who}: {rows} rows to draw; a figure holds 1 to {MOST[who]}.", (), remedy
        )


def group_bars(results: Results) -> Figure:
    """Percentages of groups as horizontal bars from 0 to 100, one block per variable.

    results: summaries; their percentages are drawn, of a Yes/No variable the Yes alone, each with
    its number and denominator (participants of the group with a known value). Suppressed and
    missing values are left out, which the figure says. Raises UsageError for results of another
    kind, no percentage, more than 14 levels, or more groups than can be told apart (three, and one
    that contains them).
    """
    many = checked(results, "group_bars", "summaries").study.file.unit.many
    note = f"Numbers are {many} with the characteristic, of those in the group with a known value."
    return bars_by_group(results, "group_bars", "Percent of those with a known value", [note])


@mpl.rc_context(STYLE)
def bars_by_group(results: Results, who: str, axis: str, notes: list[str]) -> Figure:
    """What `group_bars` draws, in the name of `who`; axis: its label. A share without n has no
    count.
    """
    about = checked(results, who, "summaries")
    study = about.study
    rows = [
        row
        for row in results.to_dict("records")
        if row["statistic"] == "percent" and _is_drawn(study, row)
    ]
    shares: dict[tuple[str, str], dict[str, Record]] = {}
    for row in rows:
        shares.setdefault((str(row["variable"]), str(row["level"])), {})[str(row["group"])] = row
    _refuse_many(who, len(shares))
    looks = _looks(about, who, list(dict.fromkeys(str(row["group"]) for row in rows)))
    page, left, wide, pitch = Page(7.1, about.source.mark), 2.8, 2.9, 0.16
    legend = [(about.groups[name].label, look) for name, look in looks.items()]
    top = page.legend(page.top, legend) - 0.08
    places, bottom = page.stub(_stub(study, list(shares)), top, left, pitch * len(looks) + 0.1)
    axes = page.panel(
        left, top, wide, bottom - top, xlim=(0, 100), xticks=range(0, 101, 25), xlabel=axis
    )
    told = []
    for key, by_group in shares.items():
        texts, apart = [], []
        for place, (name, look) in enumerate(looks.items()):
            row = by_group.get(
                name, {"status": "missing", "value": None, "n": None, "denominator": None}
            )
            share, text = shown(row, "value"), _share_text(study, row)
            texts.append(text)
            end = left
            if is_known(share):
                bar(axes, 0, places[key] + place * pitch, float(share), look)
                end += wide * float(share) / 100
                apart += (
                    [] if look is WHOLE else [float(share)]
                )  # a group is not set against one that contains it
            page.write(end + 0.06, places[key] + place * pitch, text)
        told.append(
            (max(apart) - min(apart) if apart else -1, f"{named(study, *key)}: {', '.join(texts)}")
        )
    many = study.file.unit.many
    groups = ", ".join(about.groups[name].label for name in looks)
    start = f"Bar chart of percentages of {many}; groups: {groups}."
    hidden = left_out(shown(row, "value") for row in rows)
    alt = alt_text(about, start, told, hidden)
    return page.end(bottom + 0.6, [*notes, hidden, cited(study)], who, alt)


def _is_drawn(study: Study, row: Record) -> bool:
    """Of a variable of Yes and No the Yes alone is drawn."""
    return {*study.levels(str(row["variable"]))} != {*YES_NO} or row["level"] == "Yes"


def _looks(about: About, who: str, groups: list[str]) -> dict[str, dict[str, Any]]:
    """How each group is drawn. Raises UsageError for more than can be told apart."""
    parts = [name for name in groups if not {*about.groups[name].contains} & {*groups}]
    if len(parts) > len(LOOKS) or len(groups) > len(parts) + 1:
        raise UsageError(
            f"{who}: so many groups ({len(groups)}) cannot be told apart.", (), "Choose fewer."
        )
    return {name: LOOKS[parts.index(name)] if name in parts else WHOLE for name in groups}


def _stub(study: Study, keys: list[tuple[str, str]]) -> list[Item]:
    """What stands at the left: of Yes and No the variable, of others the variable above its
    levels.
    """
    items: list[Item] = []
    for variable, value in keys:
        if {*study.levels(variable)} == {*YES_NO}:
            items.append((label(study, variable), 0, (variable, value)))
            continue
        if value == next(second for first, second in keys if first == variable):
            items.append((label(study, variable), 0, None))
        items.append((level(study, variable, value), 1, (variable, value)))
    return items


def _share_text(study: Study, row: Record) -> str:
    """'40 of 99 (40%)', or '40% of 99' of a share that counts nobody; a symbol where it may not be
    shown.
    """
    rule = study.file.rounding
    share, n, whole = (shown(row, column) for column in ("value", "n", "denominator"))
    if not is_known(share):
        return symbol(share)
    text = f"{rounded(float(share), rule.percent, rule.rule)}%"
    return (
        f"{count_text(n)} of {count_text(whole)} ({text})"
        if is_known(n)
        else f"{text} of {count_text(whole)}"
    )


@mpl.rc_context(STYLE)
def missing_bars(results: Results) -> Figure:
    """Known values (solid) and missing ones (hatched, all reasons together) of each variable, as
    shares of 100.

    results: events of the engine `data`, as `missingness` returns them. Participants whom a
    question does not concern are neither known nor missing, and not in the denominator. Suppressed
    values are left out, which the figure says. Raises UsageError for other results, none, or more
    than 40 rows (variables times groups).
    """
    about = checked(results, "missing_bars", "events")
    study, many = about.study, about.study.file.unit.many
    rows = [row for row in results.to_dict("records") if row["engine"] == "data"]
    cells: dict[tuple[str, str], list[Record]] = {}
    for row in rows:
        cells.setdefault((str(row["variable"]), str(row["group"])), []).append(row)
    _refuse_many("missing_bars", len(cells))
    several = len({group for _, group in cells}) > 1
    items: list[Item] = []
    for name in dict.fromkeys(name for name, _ in cells):
        mine = [key for key in cells if key[0] == name]
        if several:
            items.append((label(study, name), 0, None))
            items += [(about.groups[key[1]].label, 1, key) for key in mine]
        else:
            items += [(label(study, name), 0, key) for key in mine]
    page, left, wide = Page(7.1, about.source.mark), 2.8, 2.9
    top = page.legend(page.top, [("Known", LOOKS[0]), ("Missing, for any reason", LOOKS[1])]) - 0.08
    places, bottom = page.stub(items, top, left, 0.2)
    axes = page.panel(
        left, top, wide, bottom - top, xlim=(0, 100), xticks=range(0, 101, 25), xlabel="Percent"
    )
    told, drawn = [], []
    for key, cell in cells.items():
        missing, whole = _missing(cell)
        share = percent_of(missing, whole)
        drawn.append(share)
        text = f"{count_text(missing)} of {count_text(whole)}"
        if is_known(share):
            bar(
                axes, 0, places[key], 100 - share - bool(share), LOOKS[0]
            )  # a white gap keeps the two apart
            if share:
                bar(axes, 100 - share, places[key], float(share), LOOKS[1])
            page.write(left + wide + 0.1, places[key], f"{text} missing")
        else:
            text = symbol(share)
            page.write(left + wide + 0.1, places[key], text)
        group = f", {about.groups[key[1]].label}" if several else ""
        told.append(
            (float(share) if is_known(share) else -1, f"{label(study, key[0])}{group}: {text}")
        )
    apart = any(row["event"] == "not_applicable" for row in rows)
    start = f"Bar chart of missing values of each variable, in {many}."
    words = f"Numbers are {many}" + (
        "; those whom a question does not concern are not among them." if apart else "."
    )
    hidden = left_out(drawn)
    alt = alt_text(about, start, told, hidden)
    return page.end(bottom + 0.6, [words, hidden, cited(study)], "missing_bars", alt)


def _missing(cell: list[Record]) -> tuple[Value, Value]:
    """How many values are missing, and of how many whom the question concerns."""
    by_event: dict[str, list[Value]] = {"known": [], "missing": [], "not_applicable": []}
    for row in cell:
        by_event[str(row["event"])].append(shown(row, "n"))
    total = {
        event: combined(lambda *counts: sum(counts), *counts) for event, counts in by_event.items()
    }
    whole = combined(lambda known, missing: known + missing, total["known"], total["missing"])
    return total["missing"], whole
