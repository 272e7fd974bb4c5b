"""The forest plot: adjusted odds ratios with their intervals."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, exp, floor, inf, log
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.ticker import NullLocator

from mothers_margins.errors import UsageError
from mothers_margins.figures.figure import Figure, alt_text, left_out
from mothers_margins.figures.flow_diagram import _lower
from mothers_margins.figures.page import EDGE, Item, Page
from mothers_margins.figures.style import FIRST, GREY, PAPER, SECOND, STYLE
from mothers_margins.results.results import About, Record, Results, checked, codes
from mothers_margins.results.shown import is_hidden, is_known, shown
from mothers_margins.rounding import rounded
from mothers_margins.study.study import Study
from mothers_margins.wording.terms import (
    SYMBOLS,
    YES_NO,
    cited,
    count_text,
    is_imputed,
    label,
    level,
    lock_note,
    method,
    note,
    term,
    unlocked,
    variant,
)

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
