"""The charts of the report: shares by group, missing values, the flow of participants, odds
ratios.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil, exp, floor, inf, log
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from matplotlib.ticker import NullLocator

from mothers_margins.errors import UsageError
from mothers_margins.figure import (
    EDGE,
    FIRST,
    GREY,
    INK,
    PAPER,
    SECOND,
    STYLE,
    Figure,
    Item,
    Page,
    bar,
)
from mothers_margins.results import About, Record, Results, checked, codes
from mothers_margins.rounding import rounded
from mothers_margins.shown import Value, combined, is_hidden, is_known, percent_of, shown
from mothers_margins.study import Study
from mothers_margins.table import count_text
from mothers_margins.terms import (
    STEPS,
    SYMBOLS,
    YES_NO,
    cited,
    is_imputed,
    label,
    level,
    lock_note,
    method,
    named,
    note,
    symbol,
    term,
    unlocked,
    variant,
)

LONGEST_ALT = 350
MOST = {"group_bars": 14, "missing_bars": 40, "imputed_bars": 20}  # rows that one figure holds
# Groups and methods differ by fill and by outline or shape too, so that they stay apart without
# colour.
LOOKS: tuple[dict[str, Any], ...] = (
    {"facecolor": FIRST, "edgecolor": FIRST},
    {"facecolor": PAPER, "edgecolor": SECOND, "hatch": "/////"},
    {"facecolor": PAPER, "edgecolor": INK, "hatch": "....."},
)
WHOLE = {"facecolor": GREY, "edgecolor": GREY}  # a group that contains the others
MARKERS = {  # in the order in which a panel draws them
    "imputed": "s",
    "imputed_firth": "D",
    "complete_case": "o",
    "firth": "D",
}
OTHER_MARKERS = {  # of sensitivity runs, by what they did otherwise, and of extras
    "direct": "^",
    "missing_as_no": "v",
    "shifted": "p",
    "available_case": "h",
    "unknown_as_no": "<",
    "unknown_as_yes": ">",
}
ENDS = {"wald": ("conf_low", "conf_high"), "profile": ("profile_low", "profile_high")}
IN_WORDS = {"wald": "Wald", "profile": "profile likelihood"}


def alt_text(about: About, start: str, values: Iterable[tuple[float, str]], end: str) -> str:
    """Alt text: a start, the values as far as they fit, the largest difference first, and what is
    left out.
    """
    start = f"{about.source.mark}. {start}" if about.source.mark else start
    texts = [
        text for _, text in sorted(values, key=lambda value: -value[0])
    ]  # equal ones stay as they are drawn
    for kept in range(len(texts), -1, -1):
        told = start
        if kept:
            told += f" {'; '.join(texts[:kept])}."
        if kept < len(texts):
            told += (
                " The other values stand in the table."
                if kept
                else " The values stand in the table."
            )
        told += end
        if len(told) <= LONGEST_ALT:
            break
    return told


def left_out(values: Iterable[Value]) -> str:
    """What is left out of a chart, as a sentence; empty if nothing is."""
    hidden = missing = False
    for value in values:
        hidden = hidden or is_hidden(value)
        missing = missing or not (is_hidden(value) or is_known(value))
    states = [state for state, there in (("suppressed", hidden), ("missing", missing)) if there]
    said = " and ".join(f"{state} values ({SYMBOLS[state]})" for state in states)
    return f" Left out: {said}." if said else ""


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


@mpl.rc_context(STYLE)
def flow_diagram(results: Results) -> Figure:
    """Participants left at each step (STROBE item 13c), as boxes; one column per outcome.

    results: as `flow` returns them. Boxes at the side hold those left out; a step that is divided
    says how many had the outcome and how many had not. Suppressed numbers are left out, which the
    figure says. Raises UsageError for results of another kind, or none.
    """
    about = checked(results, "flow_diagram", "flow")
    columns = [
        (str(name), part.to_dict("records"))
        for name, part in results.groupby("outcome", sort=False)
    ]
    if not columns:
        raise UsageError("flow_diagram: these results hold no step.")
    wide, main, study = 5.0, 2.45, about.study
    many, hidden = (
        study.file.unit.many,
        left_out(shown(row, "n") for row in results.to_dict("records")),
    )
    page = Page(wide * len(columns) + EDGE, about.source.mark)
    titles = [label(study, name) for name, _ in columns]
    ends = [
        page.write(EDGE + wide * i, page.top, title, main, "bold") for i, title in enumerate(titles)
    ]
    top = max(ends) - 0.05
    told: list[tuple[float, str]] = []
    lowest = top
    for i, (title, (_, rows)) in enumerate(zip(titles, columns, strict=True)):
        drawn = _flow_column(page, EDGE + wide * i, top, wide, main, rows)
        told += [
            (0, f"{title}: {words}" if place == 0 else words)
            for place, words in enumerate(drawn.told)
        ]
        lowest = max(lowest, drawn.bottom)
    notes = [f"Numbers are {many}.", hidden, cited(study)]
    alt = alt_text(about, f"Flow diagram of {many}.", told, hidden)
    return page.end(lowest + 0.3, notes, "flow_diagram", alt)


# What stands beside a step: those who are left out before the next one.
ASIDE = {"in_file": "outcome_not_known", "outcome_known": "term_not_known"}


@dataclass(frozen=True)
class _FlowColumn:
    """A drawn column of a flow: where it ends, and its steps in words."""

    bottom: float
    told: tuple[str, ...]


def _flow_column(
    page: Page, x: float, top: float, wide: float, main: float, rows: list[Record]
) -> _FlowColumn:
    """Boxes of one outcome from the top down, with those left out at the side."""
    steps: dict[str, dict[str, str]] = {}
    for row in rows:
        steps.setdefault(str(row["step"]), {})[str(row["group"])] = count_text(shown(row, "n"))
    kept = [step for step in steps if step not in ASIDE.values()]
    y, bottom, told = top, top, []
    for step in kept:
        told.append(f"{_lower(STEPS[step])} {_divided(steps[step])}")
        bottom = _box(page, x, y, main, STEPS[step], steps[step])
        y = bottom + 0.3
        aside = ASIDE.get(step, "")
        if aside in steps:
            y = max(
                y,
                _box(
                    page,
                    x + main + 0.3,
                    bottom + 0.1,
                    wide - main - 0.5,
                    STEPS[aside],
                    steps[aside],
                )
                + 0.1,
            )
            _arrow(page.sheet, (x + main / 2, (bottom + y) / 2), (x + main + 0.3, (bottom + y) / 2))
            told.append(f"{_lower(STEPS[aside])} {steps[aside]['all']}")
        if step != kept[-1]:
            _arrow(page.sheet, (x + main / 2, bottom), (x + main / 2, y))
    return _FlowColumn(bottom, tuple(told))


def _lower(words: str) -> str:
    """Words of ours inside a sentence. Not for labels: they keep their case."""
    return words[:1].lower() + words[1:]


def _divided(numbers: dict[str, str]) -> str:
    return (
        f"{numbers['all']} (with {numbers['yes']}, without {numbers['no']})"
        if "yes" in numbers
        else numbers["all"]
    )


def _box(
    page: Page, x: float, y: float, width: float, title: str, numbers: dict[str, str]
) -> float:
    """One box with its upper edge at y; returns its lower edge."""
    below = page.write(x + 0.1, y + 0.2, title, width - 0.2)
    below = page.write(x + 0.1, below, f"n = {numbers['all']}", weight="bold")
    if "yes" in numbers:
        below = page.write(x + 0.1, below, f"with the outcome {numbers['yes']}")
        below = page.write(x + 0.1, below, f"without the outcome {numbers['no']}")
    page.sheet.add_patch(
        Rectangle((x, y), width, below - 0.05 - y, facecolor=PAPER, edgecolor=INK, linewidth=1)
    )
    return below - 0.05


def _arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    look = {"arrowstyle": "-|>", "color": INK, "shrinkA": 0, "shrinkB": 0, "mutation_scale": 8}
    axes.annotate("", end, start, arrowprops=look)


@mpl.rc_context(STYLE)
def forest(*results: Results, interval: str = "wald") -> Figure:
    """Adjusted odds ratios with their intervals on a log axis, one panel per frame, on shared rows
    and a shared axis.

    results: kind estimates (log-odds), one or two frames of one study. interval: wald, or profile
    (of the likelihood). Rows stand under the study's headings of explanatory variables; a second
    method stands below the first, and filled symbols are imputed. Left out: unadjusted estimates,
    constants, joint tests; and suppressed estimates, which the figure says. An interval that goes
    on beyond the axis ends in an arrow. Raises UsageError for other results, another interval, or a
    frame with nothing to draw.
    """
    if not isinstance(interval, str) or interval not in ENDS or len(results) not in (1, 2):
        raise UsageError(
            "forest: give one or two frames of estimates, and the interval wald or profile."
        )
    abouts, ends = [checked(frame, "forest", "estimates") for frame in results], ENDS[interval]
    study = abouts[0].study
    panels = [_panel(frame, about, ends) for frame, about in zip(results, abouts, strict=True)]
    if (
        not all(panel.can_be_drawn for panel in panels)
        or len({about.study.name for about in abouts}) > 1
    ):
        raise UsageError(
            f"forest: each frame needs adjusted estimates with {interval} intervals, of the same "
            "study."
        )
    everything = [row for panel in panels for row in panel.rows]
    drawn = [row for row in everything if is_known(shown(row, "estimate"))]
    flag = next((unlocked(about) for about in abouts if unlocked(about)), "")
    page = Page(7.1 if len(panels) == 1 else 10.0, abouts[0].source.mark)
    left, pitch = 2.75, 0.135
    beside = 1.8 if flag else 1.5  # width of the numbers beside a panel
    wide, most = (page.width - left) / len(panels), max(len(panel.methods) for panel in panels)
    heads = [
        _head(page, study, left + i * wide, wide - EDGE, panel, flag)
        for i, panel in enumerate(panels)
    ]
    top = max(heads) + 0.1
    page.write(EDGE, top, "Explanatory variable", weight="bold")
    # a second symbol stands 0.32 of a row below the first; one alone needs half that height
    items = _terms(study, {_key(row): row for row in everything})
    places, bottom = page.stub(items, top + 0.06, left, 0.21 * most + (0.15 if flag else 0))
    head, axis = f"aOR ({study.file.regression.confidence:g}% CI)", _axis_ends(drawn, ends)
    for i, panel in enumerate(panels):
        edge = left + (i + 1) * wide - beside
        page.write(edge, top, head, weight="bold")
        axes = page.panel(
            left + i * wide + 0.06, top + 0.06, wide - beside - 0.2, bottom - top, xscale="log"
        )
        _odds_axis(axes, *axis, labels=7 if len(panels) == 1 else 6)
        for row in panel.rows:
            place = places[_key(row)] + pitch * panel.methods.index(str(row["method"]))
            page.write(edge, place, _odds(study, row, ends))
            if is_known(shown(row, "estimate")):
                _interval(axes, place - 0.045, row, ends, axis)
        for key in {_key(row) for row in panel.rows}:
            page.write(edge, places[key] + pitch * len(panel.methods), flag)
    values = []
    for key in dict.fromkeys(map(_key, everything)):
        mine = [row for row in everything if _key(row) == key]
        sizes = [abs(float(row["estimate"])) for row in mine if is_known(shown(row, "estimate"))]
        texts = ", ".join(_odds(study, row, ends) for row in mine)
        values.append((max(sizes, default=-1), f"{term(study, mine[0])} {texts}"))
    hidden = left_out(shown(row, "estimate") for row in everything)
    notes = [*_footnotes(study, everything, abouts), hidden, cited(study)]
    explained = (
        "Associations, not effects. aOR: odds ratios, mutually adjusted: each is given "
        "all others in its model. "
    )
    explained += (
        f"CI: {IN_WORDS[interval]} confidence interval; an arrow means that it goes on "
        "beyond the axis."
    )
    alt = alt_text(abouts[0], _forest_in_words(study, head, flag, panels), values, hidden)
    return page.end(bottom + 0.65, [explained, *notes], "forest", alt)


@dataclass(frozen=True)
class _Panel:
    """What one panel draws: adjusted estimates of explanatory variables, by the methods that they
    are made by.
    """

    rows: tuple[Record, ...]
    methods: tuple[str, ...]
    can_be_drawn: bool


def _panel(frame: Results, about: About, ends: tuple[str, str]) -> _Panel:
    chosen = frame[(frame["model"] == "adjusted") & (frame["variable"] != "")].to_dict("records")
    rows = [row for row in chosen if "joint_test" not in codes(row)]
    hidden = [row for row in rows if is_hidden(shown(row, "estimate"))]
    known = [row for row in rows if is_known(shown(row, "estimate"))]
    finite = [row for row in known if abs(float(row["estimate"])) < inf]
    there = [str(row["method"]) for row in (*finite, *hidden)]
    order = [name for name in MARKERS if name in there]
    order += [name for name in dict.fromkeys(there) if name not in order]
    drawable = bool(hidden) or any(is_known(shown(row, ends[0])) for row in finite)
    return _Panel((*finite, *hidden), tuple(order), drawable and bool(finite or hidden))


def _key(row: Record) -> tuple[str, str]:
    return str(row["variable"]), str(row["level"])


def _numbers_of(panel: _Panel, used: str) -> tuple[str, str, str]:
    """Participants, events and imputations of a method, as text, from a row that may be shown if
    there is one.
    """
    rows = [row for row in panel.rows if row["method"] == used]
    row = next((other for other in rows if other["status"] != "suppressed"), rows[0])
    n, events, m = (count_text(shown(row, column)) for column in ("n", "n_events", "m"))
    return n, events, m


def _forest_in_words(study: Study, head: str, flag: str, panels: Sequence[_Panel]) -> str:
    """The start of the alt text: what is drawn, and of each method, in the order drawn, its
    participants and events.
    """
    mark = f" {flag}." if flag else ""
    words = f"Forest plot of {head}, associations, not effects.{mark} "
    parts = []
    for place, panel in enumerate(panels):
        row = panel.rows[0]
        title = f"timepoint {row['timepoint']}" if place else label(study, str(row["outcome"]))
        sizes = []
        for used in panel.methods:
            n, events, _ = _numbers_of(panel, used)
            sizes.append(f"{method(used)}, n = {n}, events {events}")
        parts.append(f"{title}: {' and '.join(sizes)}")
    return words + "; ".join(parts) + "."


def _footnotes(study: Study, rows: Sequence[Record], abouts: Sequence[About]) -> list[str]:
    """What is said of single terms, and of the agreed list where it was changed."""
    said = {term(study, row): note(row) for row in rows if note(row)}
    changed = dict.fromkeys(lock_note(about) for about in abouts)
    return [*(f"{name}: {_lower(words)}" for name, words in said.items()), *changed]


def _head(page: Page, study: Study, x: float, width: float, panel: _Panel, flag: str) -> float:
    """Title of a panel, and its methods with their symbols and numbers; returns the baseline that
    follows.
    """
    y = page.write(x, page.top, label(study, str(panel.rows[0]["outcome"])), width, "bold") + 0.02
    y = page.write(x, y, flag, width, "bold")
    for used in panel.methods:
        n, events, m = _numbers_of(panel, used)
        text = f"{method(used)}, n = {n}, events {events}"
        if is_imputed(used):
            text += f", m = {m}"
        _symbol(page.sheet, x + 0.06, y - 0.045, used)
        y = page.write(x + 0.2, y, text, width - 0.2)
    return y


def _terms(study: Study, first: dict[tuple[str, str], Record]) -> list[Item]:
    """What stands at the left: the study's headings, under them their variables, under these their
    levels.
    """
    blocks = [(block.title, block.variables) for block in study.file.explanatory]
    placed = {name for _, names in blocks for name in names}
    others = tuple(dict.fromkeys(name for name, _ in first if name not in placed))
    items: list[Item] = []
    for title, names in (*blocks, ("Other", others)):
        if any(name in names for name, _ in first):
            items.append((title, 0, None))
        for name in names:
            items += _levels(study, {key: row for key, row in first.items() if key[0] == name})
    return items


def _levels(study: Study, own: dict[tuple[str, str], Record]) -> list[Item]:
    """One variable at the left: alone, or above its levels with the one that they are compared
    with.
    """
    if len(own) == 1:
        ((key, row),) = own.items()
        reference = _reference(study, row) if key[1] not in ("", *YES_NO) else ""
        return [(term(study, row) + reference, 1, key)]
    items: list[Item] = []
    for key, row in own.items():
        if not items:
            items.append((label(study, key[0]) + _reference(study, row), 1, None))
        items.append((level(study, *key), 2, key))
    return items


def _reference(study: Study, row: Record) -> str:
    reference = str(row["reference"])
    return f" (reference: {level(study, str(row['variable']), reference)})" if reference else ""


def _odds(study: Study, row: Record, ends: tuple[str, str]) -> str:
    """'2.31 (1.27 to 4.21)' from log-odds, rounded by the study's rule; a symbol where it may not
    be shown.
    """
    rounding, texts = study.file.rounding, []
    for log_odds in (shown(row, name) for name in ("estimate", *ends)):
        if is_hidden(log_odds):
            return SYMBOLS["suppressed"]
        if not is_known(log_odds):
            texts.append(SYMBOLS["missing"])
        elif log_odds > log(1000):
            texts.append(">1000")
        else:
            texts.append(rounded(exp(float(log_odds)), rounding.odds_ratio, rounding.rule))
    return "{} ({} to {})".format(*texts)


def _axis_ends(rows: list[Record], ends: tuple[str, str]) -> tuple[int, int]:
    """Powers of 2 that hold every estimate, and the intervals as far as an eighth and eight."""
    known: dict[str, list[float]] = {}
    for name in (*ends, "estimate"):
        values = [shown(row, name) for row in rows]
        known[name] = [float(value) / log(2) for value in values if is_known(value)]
    if not known["estimate"]:
        return -3, 3
    low = max(min(known[ends[0]], default=-3), -3)
    high = min(max(known[ends[1]], default=3), 3)
    return floor(min(low, *known["estimate"])), ceil(max(high, *known["estimate"]))


def _odds_axis(axes: Axes, low: int, high: int, labels: int) -> None:
    """A log axis with ticks at powers of 2, or at every second, third … where not more labels than
    these fit.
    """
    step = 1 + (high - low) // labels
    ticks = [2.0**power for power in range(low, high + 1) if power % step == 0]
    axes.set(xlim=(2.0**low, 2.0**high), xlabel="Adjusted odds ratio, log scale")
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.axvline(1, color=GREY, linewidth=1, linestyle=":", zorder=0)


def _interval(
    axes: Axes, y: float, row: Record, ends: tuple[str, str], axis: tuple[int, int]
) -> None:
    """An estimate and its interval; what goes on beyond the axis is cut, and an arrow says so."""
    used = str(row["method"])
    colour, low, high = _colours(used)[0], 2.0 ** axis[0], 2.0 ** axis[1]
    limits = [exp(min(float(shown(row, end)), 700)) for end in ends]
    if limits[0] < low:
        axes.plot(low, y, marker="<", color=colour, markersize=4.5, clip_on=False)
    if limits[1] > high:
        axes.plot(high, y, marker=">", color=colour, markersize=4.5, clip_on=False)
    axes.plot(
        [max(limits[0], low), min(limits[1], high)], [y, y], color=colour, linewidth=1.2, zorder=1
    )
    _symbol(axes, exp(float(shown(row, "estimate"))), y, used)


def _colours(used: str) -> tuple[str, str]:
    """Outline and fill of a method's symbol: what is imputed is filled."""
    return (FIRST, FIRST) if is_imputed(used) else (SECOND, PAPER)


def _marker(used: str) -> str:
    """The shape of a method's symbol."""
    return MARKERS.get(used) or OTHER_MARKERS[variant(used) or used]


def _symbol(axes: Axes, x: float, y: float, used: str) -> None:
    outline, fill = _colours(used)
    look: dict[str, Any] = {
        "markerfacecolor": fill,
        "markeredgecolor": outline,
        "markeredgewidth": 1.2,
        "markersize": 5.5,
    }
    axes.plot(x, y, marker=_marker(used), linestyle="none", clip_on=False, **look)
