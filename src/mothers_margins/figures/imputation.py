"""The charts of an imputation: traces of its chains, missing information by number of imputations,
imputed shares.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from mothers_margins.errors import UsageError, count
from mothers_margins.figures.bars import MOST, bars_by_group
from mothers_margins.figures.check import DECORATIVE
from mothers_margins.figures.figure import Figure, alt_text, left_out
from mothers_margins.figures.page import EDGE, LINE, Page, on_both, upright
from mothers_margins.figures.style import FIRST, GREY, GRID, PAPER, SECOND, STYLE, SymbolLook
from mothers_margins.results.results import Record, Results, checked
from mothers_margins.results.shown import Value, is_hidden, is_known, shown
from mothers_margins.rounding import rounded
from mothers_margins.study.study import Study
from mothers_margins.wording import captions
from mothers_margins.wording.head_and_foot import cited
from mothers_margins.wording.methods import is_imputed
from mothers_margins.wording.numbers import SYMBOLS, symbol
from mothers_margins.wording.terms import YES_NO, label, level, term

WIDTH = 7.1  # inches, as of the other charts
PANELS = 36  # panels in one figure
MEAN_CODE = "Mean code"  # of a variable with more than two levels
SINGLY = 10  # so many chains are all drawn as lines
BEFORE_BAND = 5  # of more, so many, before a band that holds all
NAMED = 6  # lines with a label at their end
# Inches: where the panel of `fmi_by_m` begins, and how high it is.
FMI_LEFT = EDGE + 0.35
FMI_TALL = 2.8
LABELS_AFTER = 0.35  # inches from the lines' ends to their labels: room for what joins the two
# Neighbouring lines differ by shape too, so that they stay apart without colour.
LINES = (SymbolLook("o", FIRST, FIRST), SymbolLook("s", SECOND, PAPER))


@dataclass(frozen=True)
class _RHat:
    """R-hat of a variable: the number, nan where it may not be shown, and its text."""

    value: float
    text: str


@mpl.rc_context(STYLE)
def traces(results: Results, convergence: Results | None = None, outcome: str = "") -> Figure:
    """Means of the imputed values by sweep, one panel per imputed variable, each panel with a scale
    of its own.

    results: as `Imputed.traces` returns them (kind chains). Up to ten chains are lines; of more,
    five, evenly chosen, before a band from the smallest to the largest mean of all. Of a variable
    with two levels the share of one is drawn (of Yes where that is one), with more levels the mean
    code. convergence: as `Imputed.convergence` returns it; then each panel says its R-hat. A
    variable with a suppressed value is left out, which the figure says. outcome: that of the run,
    which the caption names. Raises UsageError for results of another kind or study, fewer than two
    sweeps, no variable or more than 36, and no R-hat where asked.
    """
    about = checked(results, "traces", "chains")
    study = about.study
    means, not_drawn = _means_by_variable(study, results)
    _refuse_traces(means, not_drawn)
    rhat = {} if convergence is None else _rhat(study, convergence, [*means])
    hidden = left_out(not_drawn)
    alt = alt_text(about, _traces_in_words(study, means, rhat), (), hidden)
    what = f"Means of imputed values by sweep, {count(_chains(means), 'chain')}"
    caption = captions.of_outcome(study, what, results, outcome)
    notes = [*_how_to_read(study, means, rhat), hidden, cited(study)]

    def draw(page: Page) -> Figure:
        bottom = _TraceChart(study, page, means, rhat).draw()
        return page.end(bottom + 0.35, notes, "traces", alt, caption=caption)

    return on_both(WIDTH, about, draw)


def _chains(means: Mapping[str, pd.DataFrame]) -> int:
    return max(len(frame.columns) for frame in means.values())


def _sweeps(means: Mapping[str, pd.DataFrame]) -> int:
    return max(len(frame) for frame in means.values())


def _means_by_variable(
    study: Study, results: Results
) -> tuple[dict[str, pd.DataFrame], list[Value]]:
    """Means as they are drawn, by variable; and a value of each variable that cannot be drawn."""
    means: dict[str, pd.DataFrame] = {}
    not_drawn: list[Value] = []
    for name, part in pd.DataFrame(results).groupby("variable", sort=False):
        values = [shown(row, "mean") for row in part.to_dict("records")]
        hidden = [value for value in values if is_hidden(value)]
        if hidden:
            not_drawn.append(hidden[0])
        elif not any(is_known(value) for value in values):
            not_drawn.append(values[0])
        else:
            means[str(name)] = _means_by_sweep(study, str(name), part)
    return means, not_drawn


def _refuse_traces(means: Mapping[str, pd.DataFrame], not_drawn: list[Value]) -> None:
    """Raise UsageError for nothing to draw, too many panels, or traces of one sweep."""
    if not_drawn and not means:
        raise UsageError(f"traces: there is nothing to draw.{left_out(not_drawn)}")
    if not 0 < len(means) <= PANELS:
        raise UsageError(f"traces: {len(means)} variables to draw; a figure holds 1 to {PANELS}.")
    if min(len(frame) for frame in means.values()) < 2:
        raise UsageError("traces: a trace needs at least two sweeps.")


@dataclass(frozen=True)
class _TraceChart:
    """Traces on their page. means: by variable, sweeps by chains; rhat: empty where not asked."""

    study: Study
    page: Page
    means: Mapping[str, pd.DataFrame]
    rhat: Mapping[str, _RHat]

    @property
    def across(self) -> int:
        """Panels beside each other."""
        return 2 if self.page.is_narrow else 3

    @property
    def wide(self) -> float:
        """From panel to panel, in inches."""
        return (self.page.width - 2 * EDGE) / self.across

    def draw(self) -> float:
        """What is drawn in numbers, and all panels, row by row; returns where the last row ends."""
        sizes = (
            f"Imputed variables: {len(self.means)}. Chains: {_chains(self.means)}. "
            f"Sweeps: {_sweeps(self.means)}."
        )
        top = self.page.write(EDGE, self.page.top, sizes) + 0.1
        names = [*self.means]
        for start in range(0, len(names), self.across):
            row = names[start : start + self.across]
            # panels of a row stand at one height, with their titles close above
            baseline = top + LINE * max(len(self._title(name)) for name in row)
            for place, name in enumerate(row):
                is_last = start + place + self.across >= len(names)  # of its column
                self._draw_panel(name, EDGE + place * self.wide, baseline, is_last)
            top = baseline + 1.1
        return top

    def _title(self, name: str) -> list[str]:
        """The lines that the label of a variable takes above its panel."""
        return self.page.lines(label(self.study, name), self.wide - 0.2, "bold")

    def _draw_panel(self, name: str, x: float, baseline: float, is_last: bool) -> None:
        """One variable; baseline: of what is measured, under its title."""
        title_top = baseline - LINE * len(self._title(name))
        self.page.write(x, title_top, label(self.study, name), self.wide - 0.2, "bold")
        measured = _measure(self.study, name)
        if self.rhat:
            measured += f", R-hat {self.rhat[name].text}"
        self.page.write(x, baseline, measured)
        axes = self.page.panel(x + 0.4, baseline + 0.1, self.wide - 0.6, 0.75)
        # all panels have the sweeps of all, so that a column is read with one axis
        first_sweep = min(frame.index.min() for frame in self.means.values())
        last_sweep = max(frame.index.max() for frame in self.means.values())
        axes.set(xlim=(first_sweep, last_sweep))
        _trace(axes, self.means[name])
        if is_last:
            axes.set_xlabel("Sweep")
        else:
            axes.tick_params(labelbottom=False)


def _traces_in_words(
    study: Study, means: Mapping[str, pd.DataFrame], rhat: Mapping[str, _RHat]
) -> str:
    """The alt text: how much is drawn, and the variable with the largest R-hat."""
    what = f"Trace plots of {count(len(means), 'imputed variable')}"
    chains = count(_chains(means), "chain")
    words = f"{what}: means by sweep, {chains}, {_sweeps(means)} sweeps."
    known = {name: value.value for name, value in rhat.items() if not np.isnan(value.value)}
    if known:
        worst = max(known, key=lambda name: known[name])
        words += f" Largest R-hat {rhat[worst].text}: {label(study, worst)}."
    return words


def _how_to_read(
    study: Study, means: Mapping[str, pd.DataFrame], rhat: Mapping[str, _RHat]
) -> Iterator[str]:
    """What is drawn, and how it is read."""
    drawn = "Mean of the imputed values after each sweep."
    if _chains(means) > SINGLY:
        band = "band: from the smallest to the largest of all."
        drawn += f" Lines: {BEFORE_BAND} of the chains; {band}"
    near = ", and R-hat is near 1" if rhat else ""
    yield f"{drawn} Convergence: the lines overlap and show no trend{near}."
    if any(_measure(study, name) == MEAN_CODE for name in means):
        yield f"{MEAN_CODE}: the levels are numbered from 0 in their declared order."
    yield "Where few values are imputed, their mean jumps between few places; that is no fault."
    if any(value.text == SYMBOLS["missing"] for value in rhat.values()):
        why = "because nothing varied or a sweep had nothing to impute"
        yield f"R-hat {SYMBOLS['missing']}: not known, {why}."


def _means_by_sweep(study: Study, name: str, rows: pd.DataFrame) -> pd.DataFrame:
    """Means as they are drawn, sweeps by chains; where none was imputed in a sweep, missing."""
    means = rows.pivot(index="sweep", columns="chain", values="mean").astype(float)
    if study.levels(name) == YES_NO:
        return 1 - means  # the engine counts beyond the first level
    return means


def _measure(study: Study, name: str) -> str:
    """What the mean of a variable is."""
    levels = study.levels(name)
    if not levels:
        return "Mean"
    if len(levels) > 2:
        return MEAN_CODE
    drawn = "Yes" if levels == YES_NO else levels[1]
    return f"Share of {level(study, name, drawn)}"


def _rhat(study: Study, convergence: Results, names: list[str]) -> dict[str, _RHat]:
    """R-hat of each variable."""
    other = checked(convergence, "traces", "convergence").study
    rows = {row["variable"]: row for row in convergence.to_dict("records")}
    absent = [name for name in names if name not in rows]
    if absent or other.name != study.name:
        wrong = "traces: these checks hold no R-hat of what is drawn."
        raise UsageError(wrong, absent, "Give convergence() of the same.")
    rhat: dict[str, _RHat] = {}
    for name in names:
        value = shown(rows[name], "rhat")
        if is_known(value) and np.isinf(float(value)):
            rhat[name] = _RHat(np.inf, "∞")
        elif is_known(value) and not np.isnan(float(value)):
            rhat[name] = _RHat(float(value), rounded(float(value), 2, study.file.rounding.rule))
        else:
            rhat[name] = _RHat(np.nan, symbol(value))
    return rhat


def _trace(axes: Axes, means: pd.DataFrame) -> None:
    """The lines of one panel, and a band behind them where there are many chains."""
    chains = len(means.columns)
    lines = chains
    if chains > SINGLY:
        lines = BEFORE_BAND
        low = means.min(axis=1)
        high = means.max(axis=1)
        axes.fill_between(means.index, low, high, facecolor=GRID, linewidth=0, gid=DECORATIVE)
        for edge in (low, high):  # the fill alone would be too pale to be seen by all
            axes.plot(means.index, edge, color=GREY, linewidth=0.8)
    # the first, the last and some evenly between: which are drawn does not depend on how they look
    drawn = np.linspace(0, chains - 1, lines).round().astype(int)
    axes.plot(means.index, means.iloc[:, drawn], color=FIRST, linewidth=0.6)
    least = float(np.nanmin(means.to_numpy()))
    most = float(np.nanmax(means.to_numpy()))
    room = 0.06 * (most - least) or 0.5  # a mean that never moves still needs an axis with a height
    upright(axes, least - room, most + room, 3)
    axes.xaxis.set_major_locator(MaxNLocator(4, integer=True))


@dataclass(frozen=True)
class _Line:
    """One term: its FMI by number of imputations, and its row at each."""

    fmi: Mapping[int, float]
    rows: Mapping[int, Record]


@mpl.rc_context(STYLE)
def fmi_by_m(results: Results) -> Figure:
    """Fraction of missing information (FMI) against the number of imputations, one line per term of
    a model.

    results: as `stability` returns them (kind estimates). Terms with the largest FMI at the largest
    m, six at most, have their label and number at the line's end, the others are grey. Left out:
    the constant; and suppressed estimates, which the figure says. Raises UsageError for results of
    another kind, of more than one fit, or with fewer than two numbers of imputations.
    """
    about = checked(results, "fmi_by_m", "estimates")
    study = about.study
    rows = _imputed_terms(results)
    lines, numbers = _lines_by_term(rows)
    order = _by_fmi(lines, numbers[-1])
    in_words = _fmi_in_words(study, [lines[name] for name in order], numbers)
    hidden = left_out(shown(row, "fmi") for row in rows)
    start = "Line chart of the fraction of missing information (FMI) by number of imputations."
    alt = alt_text(about, f"{start} {in_words}", (), hidden)
    what = "Fraction of missing information by number of imputations"
    caption = captions.of_methods(study, what, results)

    def draw(page: Page) -> Figure:
        top = page.write(EDGE, page.top, "Fraction of missing information (FMI)", weight="bold")
        labelled = _draw_fmi(page, study, top, lines, numbers, order)
        notes = [in_words, _meaning_of_fmi(labelled < len(lines)), hidden, cited(study)]
        return page.end(top + FMI_TALL + 0.6, notes, "fmi_by_m", alt, caption=caption)

    return on_both(WIDTH, about, draw)


def _fmi_width(page: Page) -> float:
    """How wide the panel is; labels stand at its right."""
    return 1.4 if page.is_narrow else 3.4


def _imputed_terms(results: Results) -> list[Record]:
    """Rows of imputed estimates but the constant's."""
    rows = results.to_dict("records")
    return [row for row in rows if row["variable"] and is_imputed(str(row["method"]))]


def _meaning_of_fmi(some_grey: bool) -> str:
    meaning = (
        "FMI: the part of an estimate's variance that is due to missing values. Where the lines "
        "are level, more imputations change little."
    )
    return f"{meaning} Grey: the other terms." if some_grey else meaning


def _lines_by_term(rows: list[Record]) -> tuple[dict[str, _Line], list[int]]:
    """The lines by term, and the numbers of imputations from the smallest. Raises UsageError for
    none, or for more than one fit.
    """
    drawn = [row for row in rows if is_known(shown(row, "fmi"))]
    if rows and not drawn:
        absent = left_out(shown(row, "fmi") for row in rows)
        raise UsageError(f"fmi_by_m: there is nothing to draw.{absent}")
    by_term: dict[str, dict[int, Record]] = {}
    for row in drawn:
        by_term.setdefault(str(row["term"]), {})[int(row["m"])] = row
    lines: dict[str, _Line] = {}
    for term_name, by_m in by_term.items():
        lines[term_name] = _Line({m: float(row["fmi"]) for m, row in by_m.items()}, by_m)
    numbers = sorted({m for by_m in by_term.values() for m in by_m})
    # two rows of one term and m are of two fits
    if len(numbers) < 2 or sum(map(len, by_term.values())) < len(drawn):
        wrong = "fmi_by_m: needs imputed estimates of one fit, at two or more m."
        raise UsageError(wrong, (), "Give what stability returns.")
    return lines, numbers


def _by_fmi(lines: Mapping[str, _Line], m: int) -> list[str]:
    """Terms with an FMI at this number of imputations, the largest first."""
    ends = {name: line.fmi[m] for name, line in lines.items() if m in line.fmi}
    return sorted(ends, key=lambda name: -ends[name])


def _draw_fmi(
    page: Page,
    study: Study,
    top: float,
    lines: Mapping[str, _Line],
    numbers: list[int],
    order: list[str],
) -> int:
    """The lines, and labels at the ends of those with most; returns how many have one.

    numbers: of imputations. order: terms that have an FMI at the last, the largest first.
    """
    last = numbers[-1]
    wide = _fmi_width(page)
    axes = page.panel(FMI_LEFT, top, wide, FMI_TALL)
    axes.set(xlim=(numbers[0], last), xlabel="Number of imputations (m)")
    most = max(max(line.fmi.values()) for line in lines.values())
    # at least to 0.1, or hardly any missing information would fill the panel as much does
    upright(axes, 0, max(0.1, most * 1.04), 5)
    _ticks_at(axes, numbers, wide)
    labels: list[tuple[str, float]] = []
    for name in order:
        line = lines[name]
        size = rounded(line.fmi[last], 2, study.file.rounding.rule)
        labels.append((f"{size} {term(study, line.rows[last])}", line.fmi[last]))
    labelled = _label_ends(page, axes, labels, top)
    others = [name for name in lines if name not in order]
    _draw_lines(axes, [lines[name] for name in (*order, *others)], labelled)
    return labelled


def _draw_lines(axes: Axes, lines: list[_Line], coloured: int) -> None:
    """Lines of terms, the first so many in colour with a marker; the grey ones lie behind."""
    for place, line in reversed([*enumerate(lines)]):
        numbers = sorted(line.fmi)
        fmi = [line.fmi[m] for m in numbers]
        if place >= coloured:
            axes.plot(numbers, fmi, clip_on=False, color=GREY, linewidth=0.7)
            continue
        look = LINES[place % 2]
        axes.plot(
            numbers,
            fmi,
            clip_on=False,
            color=look.outline,
            marker=look.marker,
            markerfacecolor=look.fill,
            linewidth=1.2,
            markersize=4,
        )


def _fmi_in_words(study: Study, lines: list[_Line], numbers: list[int]) -> str:
    """The range of FMI at the largest m, and how much the largest one still moved.

    lines: those with an FMI there, the largest first.
    """
    rule = study.file.rounding.rule
    before, last = numbers[-2:]
    largest = lines[0]
    low = rounded(lines[-1].fmi[last], 2, rule)
    high = rounded(largest.fmi[last], 2, rule)
    words = f"Terms: {len(lines)}; FMI at m = {last}: {low} to {high}."
    if before not in largest.fmi:
        return words
    change = largest.fmi[last] - largest.fmi[before]
    size = rounded(abs(change), 2, rule)
    direction = "more" if change > 0 else "less"
    moved = f"{size} {direction} than" if float(size) else "to two decimals the same as"
    return f"{words} Largest for {term(study, largest.rows[last])}: {moved} at m = {before}."


def _ticks_at(axes: Axes, numbers: list[int], wide: float) -> None:
    """Ticks at the numbers of imputations, from the largest down, those left out that have no
    room. wide: of the axis, in inches.
    """
    inches_each = wide / (numbers[-1] - numbers[0])
    ticks: list[int] = []
    for m in reversed(numbers):
        if not ticks or (ticks[-1] - m) * inches_each >= 0.3:
            ticks.append(m)
    axes.set_xticks(ticks[::-1])


def _label_ends(page: Page, axes: Axes, labels: list[tuple[str, float]], top: float) -> int:
    """Labels at the lines' ends, the largest first, moved apart where they would overlap; returns
    how many fit.
    """
    x = FMI_LEFT + _fmi_width(page)
    width = page.width - x - LABELS_AFTER - EDGE
    heights = [LINE * len(page.lines(text, width)) + 0.05 for text, _ in labels]
    fit = _how_many_fit(heights)
    highest = axes.get_ylim()[1]
    ends = [top + FMI_TALL * (1 - fmi / highest) for _, fmi in labels[:fit]]
    upper = _moved_apart(ends, heights[:fit], top, top + FMI_TALL)
    for place, upper_edge in enumerate(upper):
        text, _ = labels[place]
        page.write(x + LABELS_AFTER, upper_edge + LINE - 0.03, text, width)
        _join(page, x, ends[place], upper_edge + heights[place] / 2)
    return fit


def _how_many_fit(heights: list[float]) -> int:
    """How many labels, from the first, stand one below the other beside the panel."""
    most = min(NAMED, len(heights))
    return max(number for number in range(1, most + 1) if sum(heights[:number]) <= FMI_TALL)


def _join(page: Page, x: float, end: float, middle: float) -> None:
    """A thin line from a line's end at x to the middle of its label, which may stand elsewhere."""
    across = [x + 0.06, x + 0.18, x + LABELS_AFTER - 0.05]
    page.sheet.plot(across, [end, middle, middle], color=GREY, linewidth=0.7)


def _moved_apart(ends: list[float], heights: list[float], top: float, bottom: float) -> list[float]:
    """Upper edges of labels, each as near to its line's end as the others and the page leave it."""
    upper: list[float] = []
    for place, (end, height) in enumerate(zip(ends, heights, strict=True)):
        least = upper[-1] + heights[place - 1] if upper else top
        upper.append(max(end - height / 2, least))
    # that can push the last ones beyond the panel: from the bottom all are pushed up again
    lower = bottom
    for place in reversed(range(len(upper))):
        upper[place] = min(upper[place], lower - heights[place])
        lower = upper[place]
    return upper


def imputed_bars(results: Results, outcome: str = "") -> Figure:
    """Shares of the observed and of the imputed values side by side, as `group_bars` draws groups.

    results: as `imputed_values` returns them (kind summaries). Of a Yes/No variable the Yes is
    drawn; of others every level, if all together are no more than 20. What is not drawn is left to
    the table, which the figure says; choose the rows of a variable to see its levels. An imputed
    share has beside it the number of participants with an imputed value, and no count, since it is
    a share over all imputations. outcome: that of the run, which the caption names. Raises
    UsageError as `group_bars` does, and for groups other than these two.
    """
    study = checked(results, "imputed_bars", "summaries").study
    if not {*results["group"]} <= {"observed", "imputed"}:
        wrong = "imputed_bars: needs the groups observed and imputed."
        raise UsageError(wrong, (), "Give what imputed_values returns.")
    names = [str(name) for name in dict.fromkeys(results["variable"])]
    others = [name for name in names if {*study.levels(name)} != {"Yes", "No"}]
    # levels as they were imputed: those that the analysis puts together stand as one
    of_others = results[results["variable"].isin(others) & (results["statistic"] == "percent")]
    rows = len(names) - len(others) + len(of_others[["variable", "level"]].drop_duplicates())
    too_many = rows > MOST["imputed_bars"]
    apart = [name for name in others if too_many or not study.levels(name)]
    kept = results[~results["variable"].isin(apart)].copy()
    many = study.file.unit.many
    note = (
        f"Observed: {many} with the characteristic, of those with an observed value. Imputed: "
        f"share over all imputations, of the number of {many} with an imputed value. That the two "
        "differ is no fault: values that are missing at random differ from the observed ones as "
        "their predictors do."
    )
    notes = [note]
    if apart:
        notes.append(f"In the table alone: {'; '.join(label(study, name) for name in apart)}.")
    drawn = [label(study, name) for name in names if name not in apart]
    what = captions.of_variables(study, "Observed and imputed values", drawn)
    caption = captions.of_outcome(study, what, results, outcome)
    return bars_by_group(kept, "imputed_bars", "Percent", notes, caption)
