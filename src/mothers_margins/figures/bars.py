"""Bars: shares by group, and missing values."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import matplotlib as mpl
from matplotlib.axes import Axes

from mothers_margins.absent import not_there
from mothers_margins.errors import UsageError
from mothers_margins.figures.figure import Figure, alt_text, left_out
from mothers_margins.figures.page import EDGE, Item, Page, bar, on_both
from mothers_margins.figures.style import FIRST, GREY, INK, PAPER, SECOND, STYLE, BarLook
from mothers_margins.release.released import Released, released_or_given
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
from mothers_margins.wording import captions
from mothers_margins.wording.head_and_foot import cited
from mothers_margins.wording.numbers import count_text, symbol
from mothers_margins.wording.terms import YES_NO, label, level, named

# Rows that one figure holds.
MOST = {"group_bars": 14, "missing_bars": 40, "imputed_bars": 20}
# Groups differ by fill and by outline too, so that they stay apart without colour.
LOOKS = (
    BarLook(FIRST, FIRST),
    BarLook(PAPER, SECOND, "/////"),
    BarLook(PAPER, INK, "....."),
)
WHOLE = BarLook(GREY, GREY)  # a group that contains the others
WIDTH = 7.1  # inches, of a page
PITCH = 0.16  # inches from bar to bar of one row
LevelKey = tuple[str, str]  # a variable and its level
GroupKey = tuple[str, str]  # a variable and a group
# How much something stands out, and its words; an alt text has room for those that do most.
Told = tuple[float, str]


def group_bars(
    results: Results | Released, *, name: str | None = None, variables: Sequence[str] = ()
) -> Figure:
    """Percentages of groups as horizontal bars from 0 to 100, one block per variable.

    results: summaries; their percentages are drawn, of a Yes/No variable the Yes alone, each with
    its number and denominator (participants of the group with a known value). Suppressed and
    missing values are left out, which the figure says. name, variables: of what was released,
    which results, and which rows of them. Raises UsageError for results of another kind, no
    percentage, more than 14 levels, or more groups than can be told apart (three, and one that
    contains them).
    """
    given = released_or_given(results, "group_bars", name, variables)
    summary: Results = given  # type: ignore[assignment]  # `checked` says what is wrong
    many = checked(summary, "group_bars", "summaries").study.file.unit.many
    note = f"Numbers are {many} with the characteristic, of those in the group with a known value."
    return bars_by_group(summary, "group_bars", "Percent of those with a known value", [note])


@mpl.rc_context(STYLE)
def bars_by_group(
    results: Results, who: str, axis: str, notes: list[str], what: str = ""
) -> Figure:
    """What `group_bars` draws, in the name of `who`; axis: its label; what: the caption, where
    it is another than that of percentages. A share without n has no count.
    """
    about = checked(results, who, "summaries")
    study = about.study
    shares = _shares(study, results)
    _refuse_many(who, len(shares))
    rows = [row for by_group in shares.values() for row in by_group.values()]
    looks = looks_of(about, who, list(dict.fromkeys(str(row["group"]) for row in rows)))
    hidden = left_out(shown(row, "value") for row in rows)
    titles = [label(study, name) for name in dict.fromkeys(name for name, _ in shares)]
    caption = what or captions.by_group(
        captions.of_variables(study, "Percentages", titles),
        {name: about.groups[name].label for name in looks},
        captions.sizes(results),
    )
    groups = ", ".join(about.groups[name].label for name in looks)
    start = f"Bar chart of percentages of {study.file.unit.many}; groups: {groups}."
    alt = alt_text(about, start, _shares_in_words(study, shares, looks), hidden)

    def draw(page: Page) -> Figure:
        bottom = _GroupChart(about, page, looks).draw(shares, axis)
        end = [*notes, hidden, cited(study)]
        return page.end(bottom + 0.6, end, who, alt, caption=caption)

    return on_both(WIDTH, about, draw)


def _shares(study: Study, results: Results) -> dict[LevelKey, dict[str, Record]]:
    """The percentages that are drawn, by variable and level, then by group."""
    shares: dict[LevelKey, dict[str, Record]] = {}
    for row in results.to_dict("records"):
        if row["statistic"] != "percent":
            continue
        variable = str(row["variable"])
        value = str(row["level"])
        # of a variable of Yes and No the Yes alone is drawn
        if value == "Yes" or not _is_yes_no(study, variable):
            shares.setdefault((variable, value), {})[str(row["group"])] = row
    return shares


def _is_yes_no(study: Study, variable: str) -> bool:
    return {*study.levels(variable)} == {*YES_NO}


def _left(page: Page) -> float:
    """Where the panel begins; on a narrow page labels stand above it."""
    return EDGE if page.is_narrow else 2.8


def _wide(page: Page) -> float:
    """How wide the panel is; its numbers stand at its right."""
    return 2.05 if page.is_narrow else 2.9


def _refuse_many(who: str, rows: int) -> None:
    if not rows:
        raise not_there("nothing_to_draw")
    if rows > MOST[who]:
        remedy = "Choose fewer variables, or show a table."
        wrong = f"{who}: {rows} rows to draw; a figure holds 1 to {MOST[who]}."
        raise UsageError(wrong, (), remedy)


def looks_of(about: About, who: str, groups: list[str]) -> dict[str, BarLook]:
    """How each group is drawn. Raises UsageError for more than can be told apart."""
    parts = [name for name in groups if not {*about.groups[name].contains} & {*groups}]
    # one group may contain the others: two such would both be drawn as WHOLE
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


@dataclass(frozen=True)
class _GroupChart:
    """Shares by group on their page. looks: of each group, in the order of the bars of a row."""

    about: About
    page: Page
    looks: Mapping[str, BarLook]

    @property
    def legend(self) -> dict[str, BarLook]:
        """How each group is drawn, by its label."""
        return {self.about.groups[name].label: look for name, look in self.looks.items()}

    def draw(self, shares: Mapping[LevelKey, Mapping[str, Record]], axis: str) -> float:
        """Legend, labels and bars; returns where they end."""
        top = self.page.legend(self.page.top, self.legend) - 0.08
        labels = _levels_at_left(self.about.study, list(shares))
        left, wide = _left(self.page), _wide(self.page)
        stub = self.page.stub(labels, top, left, PITCH * len(self.looks) + 0.1)
        axes = self.page.percent_panel(left, top, wide, stub.bottom - top, axis)
        for key, by_group in shares.items():
            self._draw_level(axes, by_group, stub.baselines[key])
        return stub.bottom

    def _draw_level(self, axes: Axes, by_group: Mapping[str, Record], baseline: float) -> None:
        """The bars of one level, one below the other, each with its number beside it."""
        for place, (name, look) in enumerate(self.looks.items()):
            row = by_group.get(name)
            share = _share(row)
            y = baseline + place * PITCH
            bar_end = _left(self.page)
            if is_known(share):
                bar(axes, 0, y, float(share), look)
                bar_end += _wide(self.page) * float(share) / 100
            self.page.write(bar_end + 0.06, y, _share_text(self.about.study, row))


def _shares_in_words(
    study: Study,
    shares: Mapping[LevelKey, Mapping[str, Record]],
    looks: Mapping[str, BarLook],
) -> Iterator[Told]:
    """Each level with its shares for the alt text, and how far these lie apart."""
    for key, by_group in shares.items():
        texts = [_share_text(study, by_group.get(name)) for name in looks]
        yield _difference(by_group, looks), f"{named(study, *key)}: {', '.join(texts)}"


def _difference(by_group: Mapping[str, Record], looks: Mapping[str, BarLook]) -> float:
    """How far the shares of one level lie apart; less than any difference where none is known."""
    # a group is not set against one that contains it
    shares = [_share(by_group.get(name)) for name, look in looks.items() if look is not WHOLE]
    known = [float(share) for share in shares if is_known(share)]
    return max(known) - min(known) if known else -1


def _share(row: Record | None) -> Value:
    """The percentage of a row; missing of a group that has none."""
    return Missing() if row is None else shown(row, "value")


def _share_text(study: Study, row: Record | None) -> str:
    """'40 of 99 (40%)', or '40% of 99' of a share that counts nobody; a symbol where it may not be
    shown.
    """
    share = _share(row)
    if row is None or not is_known(share):
        return symbol(share)
    n = shown(row, "n")
    whole = shown(row, "denominator")
    rule = study.file.rounding
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
    study = about.study
    many = study.file.unit.many
    rows = [row for row in results.to_dict("records") if row["engine"] == "data"]
    shares = _missing_shares(rows)
    _refuse_many("missing_bars", len(shares))
    several = len({group for _, group in shares}) > 1
    not_drawn = left_out(missing.share for missing in shares.values())
    titles = [label(study, name) for name in dict.fromkeys(name for name, _ in shares)]
    groups = {name: about.groups[name].label for name in dict.fromkeys(name for _, name in shares)}
    what = captions.of_variables(study, "Missing values", titles)
    caption = captions.by_group(what, groups, _sizes(shares))
    start = f"Bar chart of missing values of each variable, in {many}."
    alt = alt_text(about, start, _missing_in_words(about, shares, several), not_drawn)
    notes = [_whom_numbers_count(many, rows), not_drawn, cited(study)]

    def draw(page: Page) -> Figure:
        bottom = _draw_missing_shares(page, about, shares, several)
        return page.end(bottom + 0.6, notes, "missing_bars", alt, caption=caption)

    return on_both(WIDTH, about, draw)


def _sizes(shares: Mapping[GroupKey, _MissingShare]) -> dict[str, Value]:
    """How many are in each group: those whom a variable concerns that concerns the most."""
    sizes: dict[str, Value] = {}
    for (_, group), share in shares.items():
        before = sizes.get(group, share.concerned)
        sizes[group] = combined(max, before, share.concerned)
    return sizes


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


def _draw_missing_shares(
    page: Page, about: About, shares: Mapping[GroupKey, _MissingShare], several: bool
) -> float:
    """Legend, labels and bars; returns where they end. several: whether there is more than one
    group.
    """
    legend = {"Known": LOOKS[0], "Missing, for any reason": LOOKS[1]}
    top = page.legend(page.top, legend) - 0.08
    left = _left(page)
    stub = page.stub(_groups_at_left(about, list(shares), several), top, left, 0.2)
    axes = page.percent_panel(left, top, _wide(page), stub.bottom - top, "Percent")
    for key, missing in shares.items():
        _draw_missing(page, axes, missing, stub.baselines[key])
    return stub.bottom


def _missing_in_words(
    about: About, shares: Mapping[GroupKey, _MissingShare], several: bool
) -> Iterator[Told]:
    """What is missing of each variable for the alt text, and its share."""
    for (variable, group), missing in shares.items():
        of_group = f", {about.groups[group].label}" if several else ""
        # what may not be shown is told last
        stands_out = float(missing.share) if is_known(missing.share) else -1
        yield stands_out, f"{label(about.study, variable)}{of_group}: {missing.text}"


def _whom_numbers_count(many: str, rows: list[Record]) -> str:
    """The note on the numbers. many: the word for participants."""
    if any(row["event"] == "not_applicable" for row in rows):
        return f"Numbers are {many}; those whom a question does not concern are not among them."
    return f"Numbers are {many}."


def _draw_missing(page: Page, axes: Axes, missing: _MissingShare, baseline: float) -> None:
    """The bar of one variable in one group, known before missing, with its number beside it."""
    right = _left(page) + _wide(page) + 0.1
    if not is_known(missing.share):
        page.write(right, baseline, missing.text)
        return
    share = float(missing.share)
    between = 1 if share else 0  # a white gap keeps the two apart
    known = 100 - share - between
    # beside nearly 100 per cent missing, the gap leaves nothing of the known
    if known > 0:
        bar(axes, 0, baseline, known, LOOKS[0])
    if share:
        bar(axes, 100 - share, baseline, share, LOOKS[1])
    page.write(right, baseline, f"{missing.text} missing")
