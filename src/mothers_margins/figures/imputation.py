"""The charts of an imputation: traces of its chains, missing information by number of imputations,
imputed shares.
"""

from collections.abc import Iterator
from typing import Any

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
from mothers_margins.figures.style import FIRST, GREY, GRID, PAPER, SECOND, STYLE
from mothers_margins.results.results import Record, Results, checked
from mothers_margins.results.shown import Value, is_hidden, is_known, shown
from mothers_margins.rounding import rounded
from mothers_margins.study.study import Study
from mothers_margins.wording.terms import SYMBOLS, cited, is_imputed, label, level, symbol, term

ACROSS, PANELS = 3, 36  # panels beside each other, and in one figure
SINGLY, BEFORE_BAND = (
    10,
    5,
)  # so many chains are all drawn as lines; of more, some, before a band that holds all
NAMED = 6  # lines with a label at their end
WIDTH = 7.1  # inches, as of the other charts
# Neighbouring lines differ by shape too, so that they stay apart without colour.
LINES: tuple[dict[str, Any], ...] = (
    {"color": FIRST, "marker": "o", "markerfacecolor": FIRST},
    {"color": SECOND, "marker": "s", "markerfacecolor": PAPER},
)


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
    means: dict[str, pd.DataFrame] = {}
    absent: list[Value] = []
    for name, part in pd.DataFrame(results).groupby("variable", sort=False):
        values = [shown(row, "mean") for row in part.to_dict("records")]
        hidden = [value for value in values if is_hidden(value)]
        if hidden or not any(is_known(value) for value in values):
            absent.append(hidden[0] if hidden else values[0])
        else:
            means[str(name)] = _drawn_means(study, str(name), part)
    if absent and not means:
        raise UsageError(f"traces: there is nothing to draw.{left_out(absent)}")
    if not 0 < len(means) <= PANELS:
        raise UsageError(f"traces: {len(means)} variables to draw; a figure holds 1 to {PANELS}.")
    if min(len(one) for one in means.values()) < 2:
        raise UsageError("traces: a trace needs at least two sweeps.")
    rhat = {} if convergence is None else _rhat(study, convergence, [*means])
    names, wide = [*means], (WIDTH - 2 * EDGE) / ACROSS
    chains, sweeps = (max(one.shape[axis] for one in means.values()) for axis in (1, 0))
    ends = (
        min(one.index.min() for one in means.values()),
        max(one.index.max() for one in means.values()),
    )
    page = Page(WIDTH, about.source.mark)
    y = (
        page.write(
            EDGE, page.top, f"Imputed variables: {len(names)}. Chains: {chains}. Sweeps: {sweeps}."
        )
        + 0.1
    )
    for first in range(0, len(names), ACROSS):
        row = names[first : first + ACROSS]
        titles = [page.lines(label(study, name), wide - 0.2, "bold") for name in row]
        top = y + LINE * max(
            map(len, titles)
        )  # panels of a row stand at one height, with their titles close above
        for i, (name, lines) in enumerate(zip(row, titles, strict=True)):
            x = EDGE + i * wide
            page.write(x, top - LINE * len(lines), label(study, name), wide - 0.2, "bold")
            page.write(x, top, _measure(study, name) + (f", R-hat {rhat[name][1]}" if rhat else ""))
            axes = page.panel(x + 0.4, top + 0.1, wide - 0.6, 0.75, xlim=ends, xlabel="Sweep")
            _trace(axes, means[name])
            if first + i + ACROSS < len(
                names
            ):  # numbers and title stand under the last panel of a column
                axes.set_xlabel("")
                axes.tick_params(labelbottom=False)
        y = top + 1.1
    start = (
        f"Trace plots of {count(len(names), 'imputed variable')}: means by sweep, "
        f"{count(chains, 'chain')}, "
    )
    start += f"{sweeps} sweeps."
    known = {name: value for name, (value, _) in rhat.items() if np.isfinite(value)}
    if known:
        worst = max(known, key=lambda name: known[name])
        start += f" Largest R-hat {rhat[worst][1]}: {label(study, worst)}."
    not_drawn = left_out(absent)
    by_code = any(len(study.levels(name)) > 2 for name in names)
    notes = [*_reading(chains, by_code, {text for _, text in rhat.values()})]
    alt = alt_text(about, start, (), not_drawn)
    return page.end(y + 0.35, [*notes, not_drawn, cited(study)], "traces", alt)


def _reading(chains: int, by_code: bool, rhat: set[str]) -> Iterator[str]:
    """What is drawn, and how it is read. by_code: whether levels are drawn by the mean of their
    codes.
    """
    some = ""
    if chains > SINGLY:
        some = (
            f" Lines: {BEFORE_BAND} of the chains; band: from the smallest to the largest of all."
        )
    near = ", and R-hat is near 1" if rhat else ""
    yield (
        f"Mean of the imputed values after each sweep.{some} Convergence: the lines overlap "
        f"and show no trend{near}."
    )
    if by_code:
        yield "Mean code: the levels are numbered from 0 in their declared order."
    yield "Where few values are imputed, their mean jumps between few places; that is no fault."
    if SYMBOLS["missing"] in rhat:
        yield (
            f"R-hat {SYMBOLS['missing']}: not known, because nothing varied or a sweep had "
            "nothing to impute."
        )


def _drawn_means(study: Study, name: str, rows: pd.DataFrame) -> pd.DataFrame:
    """Means as they are drawn, sweeps by chains; where none was imputed in a sweep, missing."""
    means = rows.pivot(index="sweep", columns="chain", values="mean").astype(float)
    return (
        1 - means if study.levels(name) == ("Yes", "No") else means
    )  # the engine counts beyond the first level


def _measure(study: Study, name: str) -> str:
    """What the mean of a variable is."""
    levels = study.levels(name)
    if len(levels) == 2:
        return f"Share of {level(study, name, 'Yes' if 'Yes' in levels else levels[1])}"
    return "Mean code" if levels else "Mean"


def _rhat(study: Study, convergence: Results, names: list[str]) -> dict[str, tuple[float, str]]:
    """R-hat of each variable, as a number and as printed."""
    other = checked(convergence, "traces", "convergence").study
    rows = {row["variable"]: row for row in convergence.to_dict("records")}
    absent = [name for name in names if name not in rows]
    if absent or other.name != study.name:
        raise UsageError(
            "traces: these checks hold no R-hat of what is drawn.",
            absent,
            "Give convergence() of the same.",
        )
    found: dict[str, tuple[float, str]] = {}
    for name in names:
        value = shown(rows[name], "rhat")
        if is_known(value) and np.isfinite(float(value)):
            found[name] = (float(value), rounded(float(value), 2, study.file.rounding.rule))
        else:
            found[name] = (np.nan, symbol(value))
    return found


def _trace(axes: Axes, means: pd.DataFrame) -> None:
    if len(means.columns) > SINGLY:
        low, high = means.min(axis=1), means.max(axis=1)
        axes.fill_between(means.index, low, high, facecolor=GRID, linewidth=0, gid=DECORATIVE)
        for edge in (low, high):  # the fill alone would be too pale to be seen by all
            axes.plot(means.index, edge, color=GREY, linewidth=0.8)
    m = len(means.columns)
    chosen = np.linspace(0, m - 1, m if m <= SINGLY else BEFORE_BAND).round().astype(int)
    axes.plot(means.index, means.iloc[:, chosen], color=FIRST, linewidth=0.6)
    least, most = float(np.nanmin(means.to_numpy())), float(np.nanmax(means.to_numpy()))
    room = 0.06 * (most - least) or 0.5
    _upright(axes, least - room, most + room, 3)
    axes.xaxis.set_major_locator(MaxNLocator(4, integer=True))


def _upright(axes: Axes, low: float, high: float, steps: int) -> None:
    """A vertical axis with numbers, in place of the inches of the page."""
    axes.set_ylim(low, high)
    axes.yaxis.set_visible(True)
    axes.spines["left"].set_visible(True)
    axes.yaxis.set_major_locator(MaxNLocator(steps, steps=[1, 2, 5, 10], min_n_ticks=2))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.4g}"))


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
    study, rule = about.study, about.study.file.rounding.rule
    rows = [
        row
        for row in results.to_dict("records")
        if row["variable"] and is_imputed(str(row["method"]))
    ]
    drawn = [row for row in rows if is_known(shown(row, "fmi"))]
    if rows and not drawn:
        raise UsageError(
            f"fmi_by_m: there is nothing to draw.{left_out(shown(row, 'fmi') for row in rows)}"
        )
    lines: dict[str, dict[int, Record]] = {}
    for row in drawn:
        lines.setdefault(row["term"], {})[int(row["m"])] = row
    steps = sorted({m for line in lines.values() for m in line})
    if len(steps) < 2 or sum(map(len, lines.values())) < len(drawn):
        raise UsageError(
            "fmi_by_m: needs imputed estimates of one fit, at two or more m.",
            (),
            "Give what stability returns.",
        )
    before, last = steps[-2:]
    ends = {name: float(line[last]["fmi"]) for name, line in lines.items() if last in line}
    order = sorted(ends, key=lambda name: -ends[name])
    page, left, wide, tall = Page(WIDTH, about.source.mark), EDGE + 0.35, 3.4, 2.8
    top = page.write(EDGE, page.top, "Fraction of missing information (FMI)", weight="bold")
    axes = page.panel(
        left, top, wide, tall, xlim=(steps[0], last), xlabel="Number of imputations (m)"
    )
    most = max(float(row["fmi"]) for row in drawn)
    _upright(axes, 0, max(0.1, most * 1.04), 5)
    _steps(axes, steps, wide)
    labels = {
        name: f"{rounded(ends[name], 2, rule)} {term(study, lines[name][last])}" for name in order
    }
    named = _named(
        page, axes, [(labels[name], ends[name]) for name in order], left + wide, top, tall
    )
    everything = [*order, *(name for name in lines if name not in ends)]
    for i, name in reversed([*enumerate(everything)]):  # the grey ones lie behind
        look = (
            LINES[i % 2] | {"linewidth": 1.2, "markersize": 4}
            if i < named
            else {"color": GREY, "linewidth": 0.7}
        )
        found = sorted(lines[name].items())
        axes.plot([m for m, _ in found], [row["fmi"] for _, row in found], clip_on=False, **look)
    low, high = (rounded(ends[order[i]], 2, rule) for i in (-1, 0))
    said = f"Terms: {len(ends)}; FMI at m = {last}: {low} to {high}."
    largest = lines[order[0]]
    if before in largest:
        change = ends[order[0]] - float(largest[before]["fmi"])
        size = rounded(abs(change), 2, rule)
        moved = (
            f"{size} {'more' if change > 0 else 'less'} than"
            if float(size)
            else "to two decimals the same as"
        )
        said += f" Largest for {term(study, largest[last])}: {moved} at m = {before}."
    hidden = left_out(shown(row, "fmi") for row in rows)
    notes = [
        said,
        "FMI: the part of an estimate's variance that is due to missing values. Where the lines "
        "are level, more "
        "imputations change little." + (" Grey: the other terms." if named < len(lines) else ""),
    ]
    start = (
        f"Line chart of the fraction of missing information (FMI) by number of imputations. {said}"
    )
    return page.end(
        top + tall + 0.6,
        [*notes, hidden, cited(study)],
        "fmi_by_m",
        alt_text(about, start, (), hidden),
    )


def _steps(axes: Axes, steps: list[int], wide: float) -> None:
    """Ticks at the numbers of imputations, from the largest down, those left out that have no
    room.
    """
    ticks: list[int] = []
    for m in reversed(steps):
        if not ticks or (ticks[-1] - m) * wide / (steps[-1] - steps[0]) >= 0.3:
            ticks.append(m)
    axes.set_xticks(ticks[::-1])


def _named(
    page: Page, axes: Axes, labels: list[tuple[str, float]], x: float, top: float, high: float
) -> int:
    """Labels at the lines' ends, the largest first, moved apart where they would overlap; returns
    how many fit.
    """
    start, width = x + 0.35, page.width - x - 0.35 - EDGE
    heights = [LINE * len(page.lines(text, width)) + 0.05 for text, _ in labels]
    fit = max(n for n in range(1, min(NAMED, len(labels)) + 1) if sum(heights[:n]) <= high)
    highest = axes.get_ylim()[1]
    ends = [top + high * (1 - value / highest) for _, value in labels[:fit]]
    upper: list[float] = []
    for end, height in zip(ends, heights, strict=False):
        upper.append(max(end - height / 2, upper[-1] + heights[len(upper) - 1] if upper else top))
    lower = top + high
    for i in reversed(range(fit)):
        lower = upper[i] = min(upper[i], lower - heights[i])
    for (text, _), end, y, height in zip(labels, ends, upper, heights, strict=False):
        page.write(start, y + LINE - 0.03, text, width)
        page.sheet.plot(
            [x + 0.06, x + 0.18, start - 0.05],
            [end, y + height / 2, y + height / 2],
            color=GREY,
            linewidth=0.7,
        )
    return fit


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
        raise UsageError(
            "imputed_bars: needs the groups observed and imputed.",
            (),
            "Give what imputed_values returns.",
        )
    names = [str(name) for name in dict.fromkeys(results["variable"])]
    others = [name for name in names if {*study.levels(name)} != {"Yes", "No"}]
    rows = len(names) - len(others) + sum(len(study.levels(name)) for name in others)
    apart = [name for name in others if rows > MOST["imputed_bars"] or not study.levels(name)]
    kept = results[~results["variable"].isin(apart)].copy()
    many = study.file.unit.many
    notes = [
        f"Observed: {many} with the characteristic, of those with an observed value. Imputed: "
        "share over all "
        f"imputations, of the number of {many} with an imputed value. That the two differ is no "
        "fault: values that are "
        "missing at random differ from the observed ones as their predictors do.",
        f"In the table alone: {'; '.join(label(study, name) for name in apart)}." if apart else "",
    ]
    return bars_by_group(kept, "imputed_bars", "Percent", notes)
