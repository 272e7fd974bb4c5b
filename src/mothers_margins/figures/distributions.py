"""Distributions of numbers by group, drawn from counts in bins: no value of anybody is seen."""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import matplotlib as mpl
import pandas as pd
import seaborn
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from mothers_margins.absent import not_there
from mothers_margins.errors import UsageError
from mothers_margins.figures.bars import looks_of
from mothers_margins.figures.check import DECORATIVE
from mothers_margins.figures.figure import Figure, alt_text, left_out
from mothers_margins.figures.page import EDGE, LINE, Page, on_both, upright
from mothers_margins.figures.style import STYLE, BarLook
from mothers_margins.results.results import About, Record, Results, checked
from mothers_margins.results.shown import Value, combined, is_hidden, is_known, percent_of, shown
from mothers_margins.study.study import Study
from mothers_margins.wording import captions
from mothers_margins.wording.head_and_foot import cited
from mothers_margins.wording.numbers import count_text, symbol
from mothers_margins.wording.terms import label
from mothers_margins.wording.whom import concerns_only_some

WIDTH = 7.1  # inches
TALL = 0.85  # inches, of a panel
BELOW = 0.42  # inches, of the numbers below an axis
ACROSS = 2  # panels beside each other
MOST = 6  # variables in one figure: with more it is longer than a page


@mpl.rc_context(STYLE)
def distributions(results: Results) -> Figure:
    """Histograms of numbers, one panel per group on shared axes.

    results: kind bins, as `bin_counts` returns them. Heights are per cent of the group's
    participants with a known value. Each panel says how many these are, how many values are not
    known, and the fullest bin. A panel with a suppressed number is left out whole, which the figure
    says. Raises UsageError for results of another kind, more than 6 variables, or more groups than
    can be told apart (three, and one that contains them).
    """
    about = checked(results, "distributions", "bins")
    panels = _panels(results)
    if not panels:
        raise not_there("nothing_to_draw")
    if len(panels) > MOST:
        wrong = f"distributions: {len(panels)} variables to draw; a figure holds 1 to {MOST}."
        raise UsageError(wrong, (), "Choose fewer variables.")
    looks = looks_of(about, "distributions", [*dict.fromkeys(map(str, results["group"]))])
    chart = _Chart(about, looks, panels)
    every = [panel for by_group in panels.values() for panel in by_group.values()]
    hidden = left_out(panel.state for panel in every)
    many = about.study.file.unit.many
    sizes = _sizes(about.study, panels)
    outside = " ".join(chart.to_whom_it_does_not_apply(sizes))
    short = " ".join(chart.to_whom_it_does_not_apply(sizes, in_alt_text=True))
    start = " ".join(filter(None, (f"Histograms of numbers, in {many}.", short)))
    alt = alt_text(about, start, chart.in_words(), hidden)
    notes = [f"Heights: per cent of the group's {many} with a known value.", outside, BINS, hidden]

    titles = [label(about.study, name) for name in panels]
    groups = {name: about.groups[name].label for name in looks}
    what = captions.distributions(about.study, titles, MOST)
    caption = captions.by_group(what, groups, sizes)

    def draw(page: Page) -> Figure:
        bottom = chart.draw(page)
        end = [*notes, cited(about.study)]
        return page.end(bottom, end, "distributions", alt, caption=caption)

    return on_both(WIDTH, about, draw)


BINS = (
    "Bins are equal and follow from the least and the largest value that the definition allows, "
    "not from what was found. A bin holds its lower limit and not its upper."
)


@dataclass(frozen=True)
class _Bins:
    """One variable in one group: its bins, from the lowest."""

    rows: tuple[Record, ...]

    @property
    def counts(self) -> list[Value]:
        """Participants in each bin."""
        return [shown(row, "n") for row in self.rows]

    @property
    def state(self) -> Value:
        """A value that says whether all may be drawn: one that may not, if there is any."""
        others = [shown(self.rows[0], name) for name in ("denominator", "missing")]
        values = [*self.counts, *others]
        hidden = [value for value in values if is_hidden(value)]
        unknown = [value for value in values if not is_hidden(value) and not is_known(value)]
        return [*hidden, *unknown, *values][0]

    @property
    def concerned(self) -> Value:
        """How many it concerns: with a known value or without."""
        known, missing = (shown(self.rows[0], name) for name in ("denominator", "missing"))
        return combined(lambda known, missing: known + missing, known, missing)

    @property
    def drawn(self) -> bool:
        """Whether it may be drawn, and there is somebody to draw."""
        return is_known(self.state) and float(shown(self.rows[0], "denominator")) > 0

    @property
    def edges(self) -> list[float]:
        """The limits of the bins."""
        return [*(float(row["lower"]) for row in self.rows), float(self.rows[-1]["upper"])]

    @property
    def percents(self) -> list[float]:
        """Each bin in per cent of those with a known value."""
        whole = shown(self.rows[0], "denominator")
        return [float(percent_of(n, whole)) for n in self.counts]

    @property
    def fullest(self) -> Record:
        """The fullest bin, the lowest of equal ones."""
        return max(self.rows, key=lambda row: float(shown(row, "n")))

    @property
    def in_words(self) -> str:
        """'97 known, 2 not known; most in 25 to 30: 24', or a symbol."""
        if not self.drawn:
            return symbol(self.state)
        known, missing = (shown(self.rows[0], name) for name in ("denominator", "missing"))
        most = count_text(shown(self.fullest, "n"))
        numbers = f"{count_text(known)} known, {count_text(missing)} not known"
        return f"{numbers}; most in {_limits(self.fullest)}: {most}"

    @property
    def in_alt_text(self) -> str:
        """'most in 25 to 30 (24 of 97)', or a symbol."""
        if not self.drawn:
            return symbol(self.state)
        most, known = (shown(self.fullest, name) for name in ("n", "denominator"))
        return f"most in {_limits(self.fullest)} ({count_text(most)} of {count_text(known)})"


def _limits(row: Record) -> str:
    return f"{row['lower']:g} to {row['upper']:g}"


Panels = Mapping[str, Mapping[str, _Bins]]  # by variable, then by group


def _panels(results: Results) -> Panels:
    """The bins by variable and group, each in the order of the rows."""
    rows: dict[tuple[Hashable, Hashable], list[Record]] = {}
    for row in results.to_dict("records"):
        rows.setdefault((row["variable"], row["group"]), []).append(row)
    panels: dict[str, dict[str, _Bins]] = {}
    for (variable, group), own in rows.items():
        panels.setdefault(str(variable), {})[str(group)] = _Bins(tuple(own))
    return panels


def _sizes(study: Study, panels: Panels) -> dict[str, Value]:
    """How many are in each group: all of a variable that concerns everybody, known or not. Empty
    where each variable concerns only some.
    """
    of_all = [name for name in panels if not concerns_only_some(study, name)]
    return {group: bins.concerned for name in of_all[:1] for group, bins in panels[name].items()}


@dataclass(frozen=True)
class _Chart:
    """Histograms by variable and group. looks: of each group, in the order of the panels."""

    about: About
    looks: Mapping[str, BarLook]
    panels: Panels

    def in_words(self) -> Iterator[tuple[float, str]]:
        """Each variable with what its panels say, for the alt text, and how full its fullest bin
        is.
        """
        for variable, by_group in self.panels.items():
            told = [f"{self._name(group)} {bins.in_alt_text}" for group, bins in by_group.items()]
            shares = [max(bins.percents) for bins in by_group.values() if bins.drawn]
            yield max(shares, default=-1), f"{label(self.about.study, variable)}: {', '.join(told)}"

    def to_whom_it_does_not_apply(
        self, sizes: Mapping[str, Value], *, in_alt_text: bool = False
    ) -> Iterator[str]:
        """Of each variable that concerns only some, how many of each group are in no bin of it
        because it does not apply to them. sizes: of the groups; nothing is said without.
        in_alt_text: in few words, the groups in the order drawn.
        """
        for variable, by_group in self.panels.items():
            if not sizes or not concerns_only_some(self.about.study, variable):
                continue
            others = {
                group: count_text(_others(sizes[group], bins.concerned))
                for group, bins in by_group.items()
            }
            name = label(self.about.study, variable)
            if in_alt_text:
                yield f"{name}: does not apply to {' and '.join(others.values())}."
                continue
            told = [f"{n} ({self._name(group)})" for group, n in others.items()]
            yield f"{name} does not apply to {' and '.join(told)}, who are in no bin."

    def _name(self, group: str) -> str:
        return self.about.groups[group].label

    def draw(self, page: Page) -> float:
        """Legend and all variables; returns the first baseline below them."""
        y = page.legend(page.top, {self._name(group): look for group, look in self.looks.items()})
        names = [*self.panels]
        beside = 1 if page.is_narrow else max(1, ACROSS // len(self.looks))
        for start in range(0, len(names), beside):
            y = self._draw_row(page, y + 0.05, names[start : start + beside], beside)
        return y

    def _draw_row(self, page: Page, y: float, names: Sequence[str], beside: int) -> float:
        """Variables beside each other, of which there is room for so many, from the baseline y;
        returns the baseline that follows.
        """
        room = (page.width - 2 * EDGE) / beside
        ends = [
            page.write(EDGE + place * room, y, self._title(name), room - 0.15, "bold")
            for place, name in enumerate(names)
        ]
        wide = room / len(self.looks)
        # all panels of a row stand at one height, below the longest of what stands above them
        top = max(ends)
        for place, name in enumerate(names):
            for number, bins in enumerate(self.panels[name].values()):
                x = EDGE + place * room + number * wide
                ends.append(page.write(x, top, bins.in_words, wide - 0.12))
        top = max(ends) - LINE + 0.08
        for place, name in enumerate(names):
            self._draw_variable(page, EDGE + place * room, top, wide, name)
        return top + TALL + BELOW

    def _draw_variable(self, page: Page, x: float, top: float, wide: float, name: str) -> None:
        """The panels of one variable, each so wide, on shared axes."""
        shared = _shared_edges(self.panels[name])
        for number, (group, bins) in enumerate(self.panels[name].items()):
            axes = page.panel(x + number * wide + 0.3, top, wide - 0.5, TALL)
            axes.spines["bottom"].set_gid(DECORATIVE)  # bars stand on it
            if bins.drawn:
                _histogram(axes, bins, self.looks[group])
            if not shared:
                axes.set(xticks=[])
                continue
            upright(axes, 0, _highest(self.panels[name]), 3)
            beside = 0.02 * (shared[-1] - shared[0])  # the first bar leaves the axis free
            axes.set(xlim=(shared[0] - beside, shared[-1]), xlabel="", ylabel="")
            axes.xaxis.set_major_locator(MaxNLocator(4 if wide < 2 else 6, steps=[1, 2, 5, 10]))

    def _title(self, name: str) -> str:
        """The label of a variable, its unit, and how wide its bins are."""
        named = [label(self.about.study, name), self.about.study.declared[name].unit]
        title = ", ".join(filter(None, named))
        shared = _shared_edges(self.panels[name])
        return f"{title} (bins of {shared[1] - shared[0]:g})" if shared else title


def _others(size: Value, concerned: Value) -> Value:
    """How many of a group a variable does not concern."""
    return combined(lambda size, concerned: size - concerned, size, concerned)


def _shared_edges(by_group: Mapping[str, _Bins]) -> list[float]:
    """The limits of a variable's bins, which are the same in all groups; none where no panel may
    be drawn, because limits of a suppressed row are not read either.
    """
    return next((bins.edges for bins in by_group.values() if bins.drawn), [])


def _highest(by_group: Mapping[str, _Bins]) -> float:
    """Where the vertical axes of a variable end: a little above its fullest bin."""
    return 1.05 * max(max(bins.percents) for bins in by_group.values() if bins.drawn)


def _histogram(axes: Axes, bins: _Bins, look: BarLook) -> None:
    """The bins of one panel, which may be drawn."""
    # a bin as one value in its middle, which weighs as much as its share
    middles = [(lower + upper) / 2 for lower, upper in _pairs(bins.edges)]
    seaborn.histplot(
        pd.DataFrame({"middle": middles, "percent": bins.percents}),
        x="middle",
        weights="percent",
        bins=bins.edges,
        ax=axes,
        color=look.fill,
        edgecolor=look.outline,
        hatch=look.hatch or None,
        alpha=1,
        linewidth=0.8,
    )


def _pairs(edges: Sequence[float]) -> Iterator[tuple[float, float]]:
    return pairwise(edges)
