"""The charts of an imputation: traces of its chains, missing information by number of imputations,
imputed shares.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from mothers_margins.errors import UsageError, count
from mothers_margins.figures.bars import MOST, bars_by_group
from mothers_margins.figures.check import DECORATIVE
from mothers_margins.figures.figure import Figure, alt_text, left_out
from mothers_margins.figures.page import EDGE, LINE, Page
from mothers_margins.figures.style import FIRST, GREY, GRID, PAPER, SECOND, STYLE, SymbolLook
from mothers_margins.results.results import Record, Results, checked
from mothers_margins.results.shown import Value, is_hidden, is_known, shown
from mothers_margins.rounding import rounded
from mothers_margins.study.study import Study
from mothers_margins.wording.terms import SYMBOLS, cited, is_imputed, label, level, symbol, term

WIDTH = 7.1  # inches, as of the other charts
ACROSS = 3  # panels beside each other
PANELS = 36  # panels in one figure
WIDE = (WIDTH - 2 * EDGE) / ACROSS
MEAN_CODE = "Mean code"  # of a variable with more than two levels
SINGLY = 10  # so many chains are all drawn as lines
BEFORE_BAND = 5  # of more, so many, before a band that holds all
NAMED = 6  # lines with a label at their end
# Inches: where the panel of `fmi_by_m` begins, how wide and how high it is.
FMI_LEFT = EDGE + 0.35
FMI_WIDE = 3.4
FMI_TALL = 2.8
# Neighbouring lines differ by shape too, so that they stay apart without colour.
LINES = (SymbolLook("o", FIRST, FIRST), SymbolLook("s", SECOND, PAPER))


@dataclass(frozen=True)
class _RHat:
    """R-hat of a variable: the number, nan where it may not be shown, and its text."""

    value: float
    text: str


@mpl.rc_context(STYLE)
def traces(results: Results, convergence: Results | None = None) -> Figure:
    """Means of the imputed values by sweep, one panel per imputed variable, each panel with a scale
    of its own.

    results: as `Imputed.traces` returns them (kind chains). Up to ten chains are lines; of more,
    five, evenly chosen, before a band from the smallest to the largest mean of all. Of a variable
    with two levels the share of one is drawn (of Yes where that is one), with more levels the mean
    code. convergence: as `Imputed.convergence` returns it; then each panel says its R-hat. A
    variable with a suppressed value is left out, which the figure says. Raises UsageError for
    results of another kind or study, fewer than two sweeps, no variable or more than 36, and no
    R-hat where asked.
    """
    about = checked(results, "traces", "chains")
    study = about.study
    means, not_drawn = _means_by_variable(study, results)
    _refuse_traces(means, not_drawn)
    rhat = {} if convergence is None else _rhat(study, convergence, [*means])
    chains = max(len(frame.columns) for frame in means.values())
    sweeps = max(len(frame) for frame in means.values())
    page = Page(WIDTH, about.source.mark)
    sizes = f"Imputed variables: {len(means)}. Chains: {chains}. Sweeps: {sweeps}."
    top = page.write(EDGE, page.top, sizes) + 0.1
    bottom = _draw_traces(page, study, top, means, rhat)
    left_out_note = left_out(not_drawn)
    by_code = any(_measure(study, name) == MEAN_CODE for name in means)
    notes = _how_to_read(chains, by_code, {shown_rhat.text for shown_rhat in rhat.values()})
    alt = alt_text(
        about, _traces_in_words(study, len(means), chains, sweeps, rhat), (), left_out_note
    )
    return page.end(bottom + 0.35, [*notes, left_out_note, cited(study)], "traces", alt)


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


def _draw_traces(
    page: Page,
    study: Study,
    top: float,
    means: Mapping[str, pd.DataFrame],
    rhat: Mapping[str, _RHat],
) -> float:
    """All panels, row by row; returns where the last row ends."""
    names = [*means]
    first_sweep = min(frame.index.min() for frame in means.values())
    last_sweep = max(frame.index.max() for frame in means.values())
    for start in range(0, len(names), ACROSS):
        row = names[start : start + ACROSS]
        titles = {name: page.lines(label(study, name), WIDE - 0.2, "bold") for name in row}
        # panels of a row stand at one height, with their titles close above
        baseline = top + LINE * max(len(lines) for lines in titles.values())
        for place, (name, lines) in enumerate(titles.items()):
            x = EDGE + place * WIDE
            page.write(x, baseline - LINE * len(lines), label(study, name), WIDE - 0.2, "bold")
            measured = _measure(study, name)
            page.write(x, baseline, f"{measured}, R-hat {rhat[name].text}" if rhat else measured)
            axes = page.panel(x + 0.4, baseline + 0.1, WIDE - 0.6, 0.75)
            axes.set(xlim=(first_sweep, last_sweep), xlabel="Sweep")
            _trace(axes, means[name])
            # numbers and title stand under the last panel of a column
            if start + place + ACROSS < len(names):
                axes.set_xlabel("")
                axes.tick_params(labelbottom=False)
        top = baseline + 1.1
    return top


def _traces_in_words(
    study: Study, variables: int, chains: int, sweeps: int, rhat: Mapping[str, _RHat]
) -> str:
    """The alt text: how much is drawn, and the variable with the largest R-hat."""
    what = f"Trace plots of {count(variables, 'imputed variable')}"
    words = f"{what}: means by sweep, {count(chains, 'chain')}, {sweeps} sweeps."
    known = {name: value.value for name, value in rhat.items() if np.isfinite(value.value)}
    if known:
        worst = max(known, key=lambda name: known[name])
        words += f" Largest R-hat {rhat[worst].text}: {label(study, worst)}."
    return words


def _how_to_read(chains: int, by_code: bool, rhat: set[str]) -> Iterator[str]:
    """What is drawn, and how it is read. by_code: whether levels are drawn by the mean of their
    codes.
    """
    drawn = "Mean of the imputed values after each sweep."
    if chains > SINGLY:
        band = "band: from the smallest to the largest of all."
        drawn += f" Lines: {BEFORE_BAND} of the chains; {band}"
    near = ", and R-hat is near 1" if rhat else ""
    yield f"{drawn} Convergence: the lines overlap and show no trend{near}."
    if by_code:
        yield f"{MEAN_CODE}: the levels are numbered from 0 in their declared order."
    yield "Where few values are imputed, their mean jumps between few places; that is no fault."
    if SYMBOLS["missing"] in rhat:
        why = "because nothing varied or a sweep had nothing to impute"
        yield f"R-hat {SYMBOLS['missing']}: not known, {why}."


def _means_by_sweep(study: Study, name: str, rows: pd.DataFrame) -> pd.DataFrame:
    """Means as they are drawn, sweeps by chains; where none was imputed in a sweep, missing."""
    means = rows.pivot(index="sweep", columns="chain", values="mean").astype(float)
    if study.levels(name) == ("Yes", "No"):
        return 1 - means  # the engine counts beyond the first level
    return means


def _measure(study: Study, name: str) -> str:
    """What the mean of a variable is."""
    levels = study.levels(name)
    if len(levels) == 2:
        return f"Share of {level(study, name, 'Yes' if 'Yes' in levels else levels[1])}"
    return MEAN_CODE if levels else "Mean"


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
        if is_known(value) and np.isfinite(float(value)):
            rhat[name] = _RHat(float(value), rounded(float(value), 2, study.file.rounding.rule))
        else:
            rhat[name] = _RHat(np.nan, symbol(value))
    return rhat


def _trace(axes: Axes, means: pd.DataFrame) -> None:
    m = len(means.columns)
    if m > SINGLY:
        low, high = means.min(axis=1), means.max(axis=1)
        axes.fill_between(means.index, low, high, facecolor=GRID, linewidth=0, gid=DECORATIVE)
        for edge in (low, high):  # the fill alone would be too pale to be seen by all
            axes.plot(means.index, edge, color=GREY, linewidth=0.8)
    drawn = np.linspace(0, m - 1, m if m <= SINGLY else BEFORE_BAND).round().astype(int)
    axes.plot(means.index, means.iloc[:, drawn], color=FIRST, linewidth=0.6)
    least, most = float(np.nanmin(means.to_numpy())), float(np.nanmax(means.to_numpy()))
    room = 0.06 * (most - least) or 0.5
    _upright(axes, least - room, most + room, 3)
    axes.xaxis.set_major_locator(MaxNLocator(4, integer=True))


def _upright(axes: Axes, low: float, high: float, ticks: int) -> None:
    """A vertical axis with numbers, in place of the inches of the page."""
    axes.set_ylim(low, high)
    axes.yaxis.set_visible(True)
    axes.spines["left"].set_visible(True)
    axes.yaxis.set_major_locator(MaxNLocator(ticks, steps=[1, 2, 5, 10], min_n_ticks=2))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.4g}"))


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
    records = results.to_dict("records")
    rows = [row for row in records if row["variable"] and is_imputed(str(row["method"]))]
    lines, numbers = _lines_by_term(rows)
    order = _by_fmi(lines, numbers[-1])
    page = Page(WIDTH, about.source.mark)
    top = page.write(EDGE, page.top, "Fraction of missing information (FMI)", weight="bold")
    labelled = _draw_fmi(page, study, top, lines, numbers, order)
    in_words = _fmi_in_words(study, [lines[name] for name in order], numbers)
    meaning = (
        "FMI: the part of an estimate's variance that is due to missing values. Where the lines "
        "are level, more imputations change little."
    )
    if labelled < len(lines):
        meaning += " Grey: the other terms."
    not_drawn = left_out(shown(row, "fmi") for row in rows)
    start = "Line chart of the fraction of missing information (FMI) by number of imputations."
    alt = alt_text(about, f"{start} {in_words}", (), not_drawn)
    bottom = top + FMI_TALL + 0.6
    return page.end(bottom, [in_words, meaning, not_drawn, cited(study)], "fmi_by_m", alt)


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
    axes = page.panel(FMI_LEFT, top, FMI_WIDE, FMI_TALL)
    axes.set(xlim=(numbers[0], last), xlabel="Number of imputations (m)")
    most = max(max(line.fmi.values()) for line in lines.values())
    _upright(axes, 0, max(0.1, most * 1.04), 5)
    _ticks_at(axes, numbers, FMI_WIDE)
    labels: list[tuple[str, float]] = []
    for name in order:
        line = lines[name]
        size = rounded(line.fmi[last], 2, study.file.rounding.rule)
        labels.append((f"{size} {term(study, line.rows[last])}", line.fmi[last]))
    labelled = _label_ends(page, axes, labels, FMI_LEFT + FMI_WIDE, top, FMI_TALL)
    others = [name for name in lines if name not in order]
    _draw_lines(axes, [lines[name] for name in (*order, *others)], labelled)
    return labelled


def _draw_lines(axes: Axes, lines: list[_Line], coloured: int) -> None:
    """Lines of terms, the first so many in colour with a marker; the grey ones lie behind."""
    for place, line in reversed([*enumerate(lines)]):
        m = sorted(line.fmi)
        fmi = [line.fmi[number] for number in m]
        if place >= coloured:
            axes.plot(m, fmi, clip_on=False, color=GREY, linewidth=0.7)
            continue
        look = LINES[place % 2]
        axes.plot(
            m,
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
    moved = "to two decimals the same as"
    if float(size):
        moved = f"{size} {'more' if change > 0 else 'less'} than"
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


def _label_ends(
    page: Page, axes: Axes, labels: list[tuple[str, float]], x: float, top: float, height: float
) -> int:
    """Labels at the lines' ends, the largest first, moved apart where they would overlap; returns
    how many fit.
    """
    start, width = x + 0.35, page.width - x - 0.35 - EDGE
    heights = [LINE * len(page.lines(text, width)) + 0.05 for text, _ in labels]
    most = min(NAMED, len(labels))
    fit = max(n for n in range(1, most + 1) if sum(heights[:n]) <= height)
    highest = axes.get_ylim()[1]
    ends = [top + height * (1 - value / highest) for _, value in labels[:fit]]
    upper = _moved_apart(ends, heights[:fit], top, top + height)
    for (text, _), end, y, needed in zip(labels, ends, upper, heights, strict=False):
        page.write(start, y + LINE - 0.03, text, width)
        middle = y + needed / 2
        page.sheet.plot(
            [x + 0.06, x + 0.18, start - 0.05],
            [end, middle, middle],
            color=GREY,
            linewidth=0.7,
        )
    return fit


def _moved_apart(ends: list[float], heights: list[float], top: float, bottom: float) -> list[float]:
    """Upper edges of labels, each as near to its line's end as the others and the page leave it."""
    upper: list[float] = []
    for place, (end, height) in enumerate(zip(ends, heights, strict=True)):
        least = upper[-1] + heights[place - 1] if upper else top
        upper.append(max(end - height / 2, least))
    lower = bottom
    for place in reversed(range(len(upper))):
        upper[place] = min(upper[place], lower - heights[place])
        lower = upper[place]
    return upper


def imputed_bars(results: Results) -> Figure:
    """Shares of the observed and of the imputed values side by side, as `group_bars` draws groups.

    results: as `imputed_values` returns them (kind summaries). Of a Yes/No variable the Yes is
    drawn; of others every level, if all together are no more than 20. What is not drawn is left to
    the table, which the figure says; choose the rows of a variable to see its levels. An imputed
    share has beside it the number of participants with an imputed value, and no count, since it is
    a share over all imputations. Raises UsageError as `group_bars` does, and for groups other than
    these two.
    """
    study = checked(results, "imputed_bars", "summaries").study
    if not {*results["group"]} <= {"observed", "imputed"}:
        wrong = "imputed_bars: needs the groups observed and imputed."
        raise UsageError(wrong, (), "Give what imputed_values returns.")
    names = [str(name) for name in dict.fromkeys(results["variable"])]
    others = [name for name in names if {*study.levels(name)} != {"Yes", "No"}]
    rows = len(names) - len(others) + sum(len(study.levels(name)) for name in others)
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
    return bars_by_group(kept, "imputed_bars", "Percent", notes)
