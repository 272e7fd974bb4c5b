"""Bars: shares by group, and missing values."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import matplotlib as mpl
from matplotlib.axes import Axes

from mothers_margins.errors import UsageError
from mothers_margins.figures.figure import Figure, alt_text, left_out
from mothers_margins.figures.page import Item, Page, bar
from mothers_margins.figures.style import FIRST, GREY, INK, PAPER, SECOND, STYLE, BarLook
from mothers_margins.results.results import About, Record, Results, checked
from mothers_margins.results.shown import (
    Missing,
    Value,
    combined,
    is_known,
    percent_of,
    shown,
)
from mothers_margins.rounding import rounded
from mothers_margins.study.study import Study
from mothers_margins.wording.terms import YES_NO, cited, count_text, label, level, named, symbol

# Rows that one figure holds.
MOST = {"group_bars": 14, "missing_bars": 40, "imputed_bars": 20}
# Groups differ by fill and by outline too, so that they stay apart without colour.
LOOKS = (
    BarLook(FIRST, FIRST),
    BarLook(PAPER, SECOND, "/////"),
    BarLook(PAPER, INK, "....."),
)
WHOLE = BarLook(GREY, GREY)  # a group that contains the others
# Inches: the page, where the panel begins, how wide it is, and from bar to bar of one row.
WIDTH = 7.1
LEFT = 2.8
WIDE = 2.9
PITCH = 0.16
LevelKey = tuple[str, str]  # a variable and its level
GroupKey = tuple[str, str]  # a variable and a group
Told = tuple[float, str]  # how much something stands out, and its words for the alt text


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
    study, many = about.study, about.study.file.unit.many
    shares = _shares(study, results)
    rows = [row for by_group in shares.values() for row in by_group.values()]
    _refuse_many(who, len(shares))
    looks = _looks(about, who, list(dict.fromkeys(str(row["group"]) for row in rows)))
    page = Page(WIDTH, about.source.mark)
    legend = {about.groups[name].label: look for name, look in looks.items()}
    top = page.legend(page.top, legend) - 0.08
    stub = page.stub(_levels_at_left(study, list(shares)), top, LEFT, PITCH * len(looks) + 0.1)
    axes = page.percent_panel(LEFT, top, WIDE, stub.bottom - top, axis)
    told: list[Told] = []
    for key, by_group in shares.items():
        told.append(_draw_shares(page, axes, study, key, by_group, looks, stub.baselines[key]))
    hidden = left_out(shown(row, "value") for row in rows)
    start = f"Bar chart of percentages of {many}; groups: {', '.join(legend)}."
    alt = alt_text(about, start, told, hidden)
    return page.end(stub.bottom + 0.6, [*notes, hidden, cited(study)], who, alt)


def _shares(study: Study, results: Results) -> dict[LevelKey, dict[str, Record]]:
    """The percentages that are drawn, by variable and level, then by group."""
    shares: dict[LevelKey, dict[str, Record]] = {}
    for row in results.to_dict("records"):
        variable, value = str(row["variable"]), str(row["level"])
        if row["statistic"] != "percent":
            continue
        # of a variable of Yes and No the Yes alone is drawn
        if value == "Yes" or not _is_yes_no(study, variable):
            shares.setdefault((variable, value), {})[str(row["group"])] = row
    return shares


def _is_yes_no(study: Study, variable: str) -> bool:
    return {*study.levels(variable)} == {*YES_NO}


def _refuse_many(who: str, rows: int) -> None:
    if not 0 < rows <= MOST[who]:
        remedy = "Choose fewer variables, or show a table." if rows else ""
        wrong = f"{who}: {rows} rows to draw; a figure holds 1 to {MOST[who]}."
        raise UsageError(wrong, (), remedy)


def _looks(about: About, who: str, groups: list[str]) -> dict[str, BarLook]:
    """How each group is drawn. Raises UsageError for more than can be told apart."""
    parts = [name for name in groups if not {*about.groups[name].contains} & {*groups}]
    if len(parts) > len(LOOKS) or len(groups) > len(parts) + 1:
        wrong = f"{who}: so many groups ({len(groups)}) cannot be told apart."
        raise UsageError(wrong, (), "Choose fewer.")
    return {name: LOOKS[parts.index(name)] if name in parts else WHOLE for name in groups}


def _levels_at_left(study: Study, keys: list[LevelKey]) -> Iterator[Item]:
    """What stands at the left: of Yes and No the variable, of others the variable above its
    levels.
    """
    before = ""
    for variable, value in keys:
        if _is_yes_no(study, variable):
            yield Item(label(study, variable), 0, (variable, value))
            continue
        if variable != before:
            yield Item(label(study, variable), 0)
            before = variable
        yield Item(level(study, variable, value), 1, (variable, value))


def _draw_shares(
    page: Page,
    axes: Axes,
    study: Study,
    key: LevelKey,
    by_group: Mapping[str, Record],
    looks: Mapping[str, BarLook],
    baseline: float,
) -> Told:
    """The bars of one level, one below the other, each with its number beside it."""
    texts: list[str] = []
    apart: list[float] = []  # a group is not set against one that contains it
    for place, (name, look) in enumerate(looks.items()):
        row = by_group.get(name)
        share: Value = Missing() if row is None else shown(row, "value")
        text = symbol(share) if row is None else _share_text(study, row)
        y, end = baseline + place * PITCH, LEFT
        if is_known(share):
            bar(axes, 0, y, float(share), look)
            end += WIDE * float(share) / 100
            if look is not WHOLE:
                apart.append(float(share))
        page.write(end + 0.06, y, text)
        texts.append(text)
    difference = max(apart) - min(apart) if apart else -1
    return difference, f"{named(study, *key)}: {', '.join(texts)}"


def _share_text(study: Study, row: Record) -> str:
    """'40 of 99 (40%)', or '40% of 99' of a share that counts nobody; a symbol where it may not be
    shown.
    """
    rule = study.file.rounding
    share, n, whole = (shown(row, column) for column in ("value", "n", "denominator"))
    if not is_known(share):
        return symbol(share)
    text = f"{rounded(float(share), rule.percent, rule.rule)}%"
    if not is_known(n):
        return f"{text} of {count_text(whole)}"
    return f"{count_text(n)} of {count_text(whole)} ({text})"


@dataclass(frozen=True)
class _MissingShare:
    """How many values of one variable are missing in one group, and of how many whom the question
    concerns.
    """

    missing: Value
    concerned: Value

    @property
    def share(self) -> Value:
        """The missing ones in per cent."""
        return percent_of(self.missing, self.concerned)

    @property
    def text(self) -> str:
        """'12 of 99', or a symbol."""
        if not is_known(self.share):
            return symbol(self.share)
        return f"{count_text(self.missing)} of {count_text(self.concerned)}"


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
    missing_shares = _missing_shares(rows)
    _refuse_many("missing_bars", len(missing_shares))
    several = len({group for _, group in missing_shares}) > 1
    page = Page(WIDTH, about.source.mark)
    legend = {"Known": LOOKS[0], "Missing, for any reason": LOOKS[1]}
    top = page.legend(page.top, legend) - 0.08
    stub = page.stub(_groups_at_left(about, [*missing_shares], several), top, LEFT, 0.2)
    axes = page.percent_panel(LEFT, top, WIDE, stub.bottom - top, "Percent")
    told: list[Told] = []
    for (variable, group), missing in missing_shares.items():
        _draw_missing(page, axes, missing, stub.baselines[variable, group])
        of_group = f", {about.groups[group].label}" if several else ""
        # what may not be shown is told last
        stands_out = float(missing.share) if is_known(missing.share) else -1
        told.append((stands_out, f"{label(study, variable)}{of_group}: {missing.text}"))
    note = f"Numbers are {many}."
    if any(row["event"] == "not_applicable" for row in rows):
        note = f"Numbers are {many}; those whom a question does not concern are not among them."
    not_drawn = left_out(missing.share for missing in missing_shares.values())
    start = f"Bar chart of missing values of each variable, in {many}."
    alt = alt_text(about, start, told, not_drawn)
    return page.end(stub.bottom + 0.6, [note, not_drawn, cited(study)], "missing_bars", alt)


def _missing_shares(rows: list[Record]) -> dict[GroupKey, _MissingShare]:
    """What is missing, by variable and group."""
    counts: dict[GroupKey, dict[str, list[Value]]] = {}
    for row in rows:
        by_event = counts.setdefault((str(row["variable"]), str(row["group"])), {})
        by_event.setdefault(str(row["event"]), []).append(shown(row, "n"))
    shares: dict[GroupKey, _MissingShare] = {}
    for key, by_event in counts.items():
        # an event that has no row was met by nobody: the sum of nothing is 0
        known = combined(_sum, *by_event.get("known", []))
        missing = combined(_sum, *by_event.get("missing", []))
        shares[key] = _MissingShare(missing, combined(_sum, known, missing))
    return shares


def _sum(*counts: float) -> float:
    return sum(counts)


def _groups_at_left(about: About, keys: list[GroupKey], several: bool) -> Iterator[Item]:
    """What stands at the left: variables, or where there are several groups these under them."""
    before = ""
    for variable, group in keys:
        title = label(about.study, variable)
        if not several:
            yield Item(title, 0, (variable, group))
            continue
        if variable != before:
            yield Item(title, 0)
            before = variable
        yield Item(about.groups[group].label, 1, (variable, group))


def _draw_missing(page: Page, axes: Axes, missing: _MissingShare, baseline: float) -> None:
    """The bar of one variable in one group, known before missing, with its number beside it."""
    x = LEFT + WIDE + 0.1
    if not is_known(missing.share):
        page.write(x, baseline, missing.text)
        return
    share = float(missing.share)
    between = 1 if share else 0  # a white gap keeps the two apart
    known = 100 - share - between
    if known > 0:
        bar(axes, 0, baseline, known, LOOKS[0])
    if share:
        bar(axes, 100 - share, baseline, share, LOOKS[1])
    page.write(x, baseline, f"{missing.text} missing")
