"""The forest plot: adjusted odds ratios with their intervals."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, exp, floor, inf, log

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.ticker import NullLocator

from mothers_margins.absent import not_there
from mothers_margins.errors import UsageError
from mothers_margins.figures.figure import Figure, alt_text, left_out
from mothers_margins.figures.page import EDGE, Item, Page, Stub, on_both
from mothers_margins.figures.style import FIRST, GREY, PAPER, SECOND, STYLE, SymbolLook
from mothers_margins.release.released import Released, released_or_given
from mothers_margins.results.results import About, Record, Results, checked, codes
from mothers_margins.results.shown import LARGEST_LOG, is_hidden, is_known, shown
from mothers_margins.rounding import rounded
from mothers_margins.study.study import Study
from mothers_margins.wording import captions
from mothers_margins.wording.codes_of_notes import note, ratio_decimals
from mothers_margins.wording.events_of_all import EventsOfAll, events_of_all
from mothers_margins.wording.head_and_foot import cited, lock_note, unlocked
from mothers_margins.wording.logs import clusters
from mothers_margins.wording.methods import SHORT_INTERVALS, is_imputed, method, variant
from mothers_margins.wording.numbers import SYMBOLS, count_text
from mothers_margins.wording.sentences import in_sentence
from mothers_margins.wording.terms import YES_NO, label, level, term

# The shapes of methods, in the order in which a panel draws them.
MARKERS = {
    "imputed": "s",
    "imputed_firth": "D",
    "complete_case": "o",
    "firth": "D",
}
# The shapes of sensitivity runs, by what they did otherwise, and of extras.
OTHER_MARKERS = {
    "direct": "^",
    "missing_as_no": "v",
    "shifted": "p",
    "available_case": "h",
    "unknown_as_no": "<",
    "unknown_as_yes": ">",
}
ENDS = {"primary": ("conf_low", "conf_high"), "profile": ("profile_low", "profile_high")}
LEFT = 2.5  # inches: where the first panel begins
PITCH = 0.135  # from symbol to symbol of one row
EVENTS = "Events/N: how many with the outcome, of all in the level."
EVENTS_MEANS = f"{EVENTS} Of imputed values they are means over the imputations."
Ends = tuple[str, str]  # the columns of an interval's limits
Key = tuple[str, str]  # a variable and its level


@mpl.rc_context(STYLE)
def forest(
    *results: Results | Released,
    cells: Results | Sequence[Results] | None = None,
    interval: str = "primary",
    names: Sequence[str] = (),
) -> Figure:
    """Adjusted odds ratios with their intervals on a log axis, one panel per frame, on shared rows
    and a shared axis.

    results: kind estimates (log-odds), one or two frames of one study; or what was released, of
    which `names` says one or two. cells: `Fit.tabulated`, or a list of them, for the number with
    the outcome of all in a level, which stands beside its label. interval: the primary one, or
    profile (of the likelihood). Rows stand under the study's headings of explanatory variables;
    a second method stands below the first, and filled symbols are imputed. Left out: unadjusted
    estimates, constants, joint tests; and suppressed estimates, which the figure says. An interval
    that goes on beyond the axis ends in an arrow. Raises UsageError for other results, another
    interval, or a frame with nothing to draw.
    """
    # asked for its type first: a list would end in a TypeError of the look-up
    if not isinstance(interval, str) or interval not in ENDS or len(results) not in (1, 2):
        wrong = "forest: give one or two frames of estimates, and the interval primary or profile."
        raise UsageError(wrong)
    frames = _frames(results, names)
    abouts = [checked(frame, "forest", "estimates") for frame in frames]
    ends = ENDS[interval]
    panels = [_panel(frame, about, ends) for frame, about in zip(frames, abouts, strict=True)]
    _refuse_panels(panels, abouts, interval)
    study = abouts[0].study
    flag = next((unlocked(about) for about in abouts if unlocked(about)), "")
    plot = _Plot(study, flag, ends, events_of_all(cells, "forest"))
    notes, alt = _in_words(plot, panels, abouts, interval)
    rows = [row for panel in panels for row in panel.rows]
    caption = captions.of_estimates(study, "Adjusted odds ratios", rows)

    def draw(page: Page) -> Figure:
        bottom = plot.draw(page, panels) + 0.65
        return page.end(bottom, notes, "forest", alt, caption=caption)

    return on_both(7.1 if len(panels) == 1 else 10.0, abouts[0], draw)


def _frames(given: Sequence[Results | Released], names: Sequence[str]) -> list[Results]:
    """The frames to draw: as they are given, or those that a release has under these names."""
    if names and len(given) == 1 and isinstance(given[0], Released):
        return [given[0].results(name) for name in names]
    return [released_or_given(frame, "forest", None) for frame in given]  # type: ignore[misc]


def _in_words(
    plot: "_Plot", panels: Sequence["_Panel"], abouts: Sequence[About], interval: str
) -> tuple[list[str], str]:
    """The notes under a plot, and its alt text."""
    study = plot.study
    rows = [row for panel in panels for row in panel.rows]
    hidden = left_out(shown(row, "estimate") for row in rows)
    notes = [_explained(rows, interval), *_footnotes(study, rows, abouts), hidden, cited(study)]
    if plot.events:
        of_means = any(is_imputed(used) for panel in panels for used in panel.methods)
        notes.insert(1, EVENTS_MEANS if of_means else EVENTS)
    start = _forest_in_words(study, plot.heading, plot.flag, panels)
    return notes, alt_text(abouts[0], start, _terms_in_words(study, panels, plot.ends), hidden)


def _refuse_panels(panels: Sequence["_Panel"], abouts: Sequence[About], interval: str) -> None:
    """Raise UsageError for frames of several studies, or one with nothing to draw; AbsenceError
    where the only frame has estimates and none of them is finite.
    """
    one_study = len({about.study.name for about in abouts}) == 1
    if len(panels) == 1 and panels[0].is_separated:
        raise not_there("nothing_to_draw")
    if not (one_study and all(panel.can_be_drawn for panel in panels)):
        needed = f"adjusted estimates with {interval} intervals, of the same study"
        raise UsageError(f"forest: each frame needs {needed}.")


def _explained(rows: Sequence[Record], interval: str) -> str:
    """How to read the plot, and which intervals it draws."""
    codes_of = dict.fromkeys(str(row["interval"]) for row in rows if row["interval"])
    drawn = "; ".join(dict.fromkeys(SHORT_INTERVALS[code] for code in codes_of)) or "primary"
    if interval == "profile":
        drawn = SHORT_INTERVALS["profile"]
    return (
        "Associations, not effects. aOR: adjusted odds ratio, given all other variables of its "
        f"model. CI: confidence interval ({drawn}); an arrow means that it goes on beyond the axis."
    )


@dataclass(frozen=True)
class _Places:
    """Where the columns of one panel stand, in inches from the left: the numbers with the outcome,
    the axes and their width, and the odds ratios. ticks: labels that the axis has room for.
    """

    events: float
    axes: float
    wide: float
    odds: float
    ticks: int


@dataclass(frozen=True)
class _Plot:
    """A forest plot. flag: says that no agreed list covers the estimates; events: with the outcome
    of all, empty where nobody gave them.
    """

    study: Study
    flag: str
    ends: Ends
    events: EventsOfAll

    @property
    def heading(self) -> str:
        """What the numbers beside the panels are."""
        return f"aOR ({self.study.file.regression.confidence:g}% CI)"

    def draw(self, page: Page, panels: Sequence["_Panel"]) -> float:
        """All panels on one axis: beside each other on shared rows, or on a narrow page one below
        the other; returns where they end.
        """
        axis = _axis_ends([row for panel in panels for row in panel.rows], self.ends)
        if not page.is_narrow:
            return self._draw_row(page, panels, page.top, axis)
        bottom = page.top - 0.8
        for panel in panels:
            bottom = self._draw_row(page, [panel], bottom + 0.8, axis)
        return bottom

    def _draw_row(
        self, page: Page, panels: Sequence["_Panel"], y: float, axis: tuple[int, int]
    ) -> float:
        """Panels beside each other, whose titles begin at y; returns where they end."""
        left = EDGE if page.is_narrow else LEFT
        wide = (page.width - left) / len(panels)
        heads = [
            _head(page, self.study, y, left + place * wide, wide - EDGE, panel, self.flag)
            for place, panel in enumerate(panels)
        ]
        top = max(heads) + 0.1
        if not page.is_narrow:
            page.write(EDGE, top, "Explanatory variable", weight="bold")
        rows = [row for panel in panels for row in panel.rows]
        # a second symbol stands 0.32 of a row below the first; one alone needs half that height
        high = 0.21 * max(len(panel.methods) for panel in panels) + (0.15 if self.flag else 0)
        items = _terms(self.study, {_key(row): row for row in rows})
        stub = page.stub(items, top + 0.06, left, high)
        for place, panel in enumerate(panels):
            places = self._places(page, left + place * wide, wide, len(panels))
            self._draw_panel(page, panel, places, top, stub, axis)
        return stub.bottom

    def _places(self, page: Page, x: float, wide: float, panels: int) -> _Places:
        """The columns of a panel between x and x + wide."""
        if page.is_narrow:
            return _Places(page.width - EDGE - 0.55, EDGE + 0.15, 1.15, 1.45, 3)
        beside = 1.8 if self.flag else 1.5
        before = 0.75 if self.events else 0.06
        left = x + before
        room = wide - before - beside - 0.14
        ticks = {1: 7, 2: 6}[panels]
        return _Places(x, left, room, x + wide - beside, ticks if room > 1.9 else 3)

    def _draw_panel(
        self,
        page: Page,
        panel: "_Panel",
        places: _Places,
        top: float,
        stub: Stub,
        axis: tuple[int, int],
    ) -> None:
        """One panel: for each row and method the number with the outcome, the interval, and the
        odds ratio in numbers.
        """
        page.write(places.odds, top, self.heading, weight="bold")
        if self.events:
            page.write(places.events, top, "Events/N", weight="bold")
        axes = page.panel(places.axes, top + 0.06, places.wide, stub.bottom - top)
        axes.set_xscale("log")
        _odds_axis(axes, *axis, labels=places.ticks)
        if page.is_narrow:  # a line through all rows would cross the labels above them
            for key in dict.fromkeys(map(_key, panel.rows)):
                first = stub.baselines[key]
                end = first + PITCH * (len(panel.methods) - 1)
                _line_at_one(axes, [first - 0.11, end + 0.02])
        else:
            _line_at_one(axes, [top + 0.06, stub.bottom])
        for row in panel.rows:
            y = stub.baselines[_key(row)] + PITCH * panel.methods.index(str(row["method"]))
            page.write(places.odds, y, _odds(self.study, row, self.ends))
            page.write(places.events, y, self.events.text(self.study, row))
            if is_known(shown(row, "estimate")):
                _interval(axes, y - 0.045, row, self.ends, axis)
        for key in dict.fromkeys(map(_key, panel.rows)):
            below = stub.baselines[key] + PITCH * len(panel.methods)
            page.write(places.odds, below, self.flag)


def _terms_in_words(
    study: Study, panels: Sequence["_Panel"], ends: Ends
) -> Iterator[tuple[float, str]]:
    """Each term with its odds ratios for the alt text, and how far they are from one; terms from
    the top, and of each the panels and methods in the order in which they are drawn.
    """
    by_term: dict[Key, list[Record]] = {}
    for panel in panels:
        for row in sorted(panel.rows, key=lambda row: panel.methods.index(str(row["method"]))):
            by_term.setdefault(_key(row), []).append(row)
    items = _terms(study, {key: own[0] for key, own in by_term.items()})
    for own in [by_term[item.key] for item in items if item.key in by_term]:
        values = [shown(row, "estimate") for row in own]
        sizes = [abs(float(value)) for value in values if is_known(value)]
        texts = ", ".join(_odds(study, row, ends) for row in own)
        yield max(sizes, default=-1), f"{term(study, own[0])} {texts}"


@dataclass(frozen=True)
class _Panel:
    """What one panel draws: adjusted estimates of explanatory variables, by the methods that they
    are made by.
    """

    rows: tuple[Record, ...]
    methods: tuple[str, ...]
    can_be_drawn: bool
    is_separated: bool  # it has estimates, and for none of them the data have a finite one


def _panel(frame: Results, about: About, ends: Ends) -> _Panel:
    chosen = frame[(frame["model"] == "adjusted") & (frame["variable"] != "")].to_dict("records")
    rows = [row for row in chosen if "joint_test" not in codes(row)]
    hidden = [row for row in rows if is_hidden(shown(row, "estimate"))]
    known = [row for row in rows if is_known(shown(row, "estimate"))]
    # data that separate the outcome have no finite maximum of the likelihood
    finite = [row for row in known if abs(float(row["estimate"])) < inf]
    rows_drawn = (*finite, *hidden)
    methods = [str(row["method"]) for row in rows_drawn]
    order = [name for name in MARKERS if name in methods]
    order += [name for name in dict.fromkeys(methods) if name not in order]
    # where all are hidden there is still something to say: that they are
    can_be_drawn = bool(hidden) or any(is_known(shown(row, ends[0])) for row in finite)
    return _Panel(rows_drawn, tuple(order), can_be_drawn, bool(rows) and not rows_drawn)


def _key(row: Record) -> Key:
    return str(row["variable"]), str(row["level"])


def _row_of(panel: _Panel, used: str) -> Record:
    """A row with the numbers of a method: one that may be shown if there is one."""
    rows = [row for row in panel.rows if row["method"] == used]
    return next((row for row in rows if row["status"] != "suppressed"), rows[0])


def _sample(panel: _Panel, used: str) -> str:
    """A method, with its participants and events."""
    row = _row_of(panel, used)
    n = count_text(shown(row, "n"))
    events = count_text(shown(row, "n_events"))
    return f"{method(used)}, n = {n}, events {events}"


def _forest_in_words(study: Study, head: str, flag: str, panels: Sequence[_Panel]) -> str:
    """The start of the alt text: what is drawn, and of each method, in the order drawn, its
    participants and events.
    """
    mark = f" {flag}." if flag else ""
    first, *later = panels
    # the second is told apart by its timepoint alone: an alt text has little room
    titles = [label(study, str(first.rows[0]["outcome"]))]
    titles += [f"timepoint {panel.rows[0]['timepoint']}" for panel in later]
    parts = []
    for title, panel in zip(titles, panels, strict=True):
        samples = " and ".join(_sample(panel, used) for used in panel.methods)
        parts.append(f"{title}: {samples}")
    return f"Forest plot of {head}, associations, not effects.{mark} {'; '.join(parts)}."


def _footnotes(study: Study, rows: Sequence[Record], abouts: Sequence[About]) -> list[str]:
    """What is said of single terms, and of the agreed list where it was changed."""
    # two methods can have different notes of one term; the same one is said once
    notes = dict.fromkeys((term(study, row), note(row)) for row in rows if note(row))
    changed = dict.fromkeys(lock_note(about) for about in abouts)
    return [
        *(f"{name}: {in_sentence(words)}" for name, words in notes),
        *changed,
        *clusters(study, rows),
    ]


def _head(
    page: Page, study: Study, y: float, x: float, width: float, panel: _Panel, flag: str
) -> float:
    """Title of a panel, and its methods with their symbols and numbers; returns the baseline that
    follows.
    """
    y = page.write(x, y, label(study, str(panel.rows[0]["outcome"])), width, "bold") + 0.02
    y = page.write(x, y, flag, width, "bold")
    for used in panel.methods:
        text = _sample(panel, used)
        if is_imputed(used):
            text += f", m = {count_text(shown(_row_of(panel, used), 'm'))}"
        _symbol(page.sheet, x + 0.06, y - 0.045, used)
        y = page.write(x + 0.2, y, text, width - 0.2)
    return y


def _terms(study: Study, first: Mapping[Key, Record]) -> Iterator[Item]:
    """What stands at the left: the study's headings, under them their variables, under these their
    levels.
    """
    blocks = {block.title: block.variables for block in study.file.explanatory}
    placed = {name for names in blocks.values() for name in names}
    blocks["Other"] = tuple(dict.fromkeys(name for name, _ in first if name not in placed))
    for title, names in blocks.items():
        if any(name in names for name, _ in first):
            yield Item(title, 0)
        for name in names:
            yield from _levels(study, {key: row for key, row in first.items() if key[0] == name})


def _levels(study: Study, own: Mapping[Key, Record]) -> Iterator[Item]:
    """One variable at the left: alone, or above its levels with the one that they are compared
    with.
    """
    if len(own) == 1:
        ((key, row),) = own.items()
        reference = _reference(study, row) if key[1] not in ("", *YES_NO) else ""
        yield Item(term(study, row) + reference, 1, key)
        return
    for place, (key, row) in enumerate(own.items()):
        if not place:
            yield Item(label(study, key[0]) + _reference(study, row), 1)
        yield Item(level(study, *key), 2, key)


def _reference(study: Study, row: Record) -> str:
    reference = str(row["reference"])
    return f" (reference: {level(study, str(row['variable']), reference)})" if reference else ""


def _odds(study: Study, row: Record, ends: Ends) -> str:
    """'2.31 (1.27 to 4.21)' from log-odds, rounded by the study's rule; a symbol where it may not
    be shown.
    """
    decimals, rule = ratio_decimals(study, row), study.file.rounding.rule
    texts: list[str] = []
    for log_odds in (shown(row, name) for name in ("estimate", *ends)):
        if is_hidden(log_odds):
            return SYMBOLS["suppressed"]
        if not is_known(log_odds):
            texts.append(SYMBOLS["missing"])
        elif log_odds > log(1000):  # of nearly separated data: its digits say nothing
            texts.append(">1000")
        else:
            texts.append(rounded(exp(float(log_odds)), decimals, rule))
    return "{} ({} to {})".format(*texts)


def _axis_ends(rows: list[Record], ends: Ends) -> tuple[int, int]:
    """Powers of 2 that hold every estimate, and the intervals as far as an eighth and eight."""
    known: dict[str, list[float]] = {}  # as powers of 2
    for name in (*ends, "estimate"):
        values = [shown(row, name) for row in rows]
        known[name] = [float(value) / log(2) for value in values if is_known(value)]
    if not known["estimate"]:
        return -3, 3
    # one wide interval would squeeze all others: it is cut, and an arrow says so
    low = max(min(known[ends[0]], default=-3), -3)
    high = min(max(known[ends[1]], default=3), 3)
    return floor(min(low, *known["estimate"])), ceil(max(high, *known["estimate"]))


def _odds_axis(axes: Axes, low: int, high: int, labels: int) -> None:
    """A log axis with ticks at powers of 2, or at every second, third … where not more labels than
    these fit.
    """
    step = 1 + (high - low) // labels
    ticks = [2.0**power for power in range(low, high + 1) if power % step == 0]
    axes.set(xlim=(2.0**low, 2.0**high), xlabel="aOR, log scale")
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.xaxis.set_minor_locator(NullLocator())


def _line_at_one(axes: Axes, between: Sequence[float]) -> None:
    """Where there is no association, between two heights."""
    axes.plot([1, 1], between, color=GREY, linewidth=1, linestyle=":", zorder=0)


def _interval(axes: Axes, y: float, row: Record, ends: Ends, axis: tuple[int, int]) -> None:
    """An estimate and its interval; what goes on beyond the axis is cut, and an arrow says so."""
    used = str(row["method"])
    colour = _look(used).outline
    low = 2.0 ** axis[0]
    high = 2.0 ** axis[1]
    lower, upper = [exp(min(float(shown(row, end)), LARGEST_LOG)) for end in ends]
    if lower < low:
        axes.plot(low, y, marker="<", color=colour, markersize=4.5, clip_on=False)
    if upper > high:
        axes.plot(high, y, marker=">", color=colour, markersize=4.5, clip_on=False)
    # behind the symbols
    axes.plot([max(lower, low), min(upper, high)], [y, y], color=colour, linewidth=1.2, zorder=1)
    _symbol(axes, exp(float(shown(row, "estimate"))), y, used)


def _look(used: str) -> SymbolLook:
    """How a method's symbol is drawn: what is imputed is filled."""
    marker = MARKERS.get(used) or OTHER_MARKERS[variant(used) or used]
    if is_imputed(used):
        return SymbolLook(marker, FIRST, FIRST)
    return SymbolLook(marker, SECOND, PAPER)


def _symbol(axes: Axes, x: float, y: float, used: str) -> None:
    look = _look(used)
    axes.plot(
        x,
        y,
        marker=look.marker,
        linestyle="none",
        clip_on=False,
        markerfacecolor=look.fill,
        markeredgecolor=look.outline,
        markeredgewidth=1.2,
        markersize=5.5,
    )
