"""The charts of the report: shares by group, missing values, the flow of participants, odds ratios."""

from collections.abc import Hashable, Iterable
from math import ceil, exp, floor, isfinite, isnan, log, nan
from typing import Any

import matplotlib as mpl
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from matplotlib.ticker import NullLocator

from mothers_margins.builders import cited
from mothers_margins.errors import UsageError
from mothers_margins.figure import EDGE, FIRST, GREY, INK, PAPER, SECOND, STYLE, Figure, Item, Page, bar
from mothers_margins.results import NOT_LOCKED, About, Results, checked
from mothers_margins.rounding import rounded
from mothers_margins.study import Study
from mothers_margins.table import SYMBOLS

Record = dict[Hashable, Any]
LONGEST_ALT = 350
MOST = {"group_bars": 14, "missing_bars": 40, "imputed_bars": 20}  # rows that one figure holds
# Groups and methods differ by fill and by outline or shape too, so that they stay apart without colour.
LOOKS: tuple[dict[str, Any], ...] = (
    {"facecolor": FIRST, "edgecolor": FIRST},
    {"facecolor": PAPER, "edgecolor": SECOND, "hatch": "/////"},
    {"facecolor": PAPER, "edgecolor": INK, "hatch": "....."},
)
WHOLE = {"facecolor": GREY, "edgecolor": GREY}  # a group that contains the others
METHODS = {  # in words, marker, outline, fill: what is imputed is filled
    "imputed": ("imputed", "s", FIRST, FIRST),
    "imputed_firth": ("imputed, Firth", "D", FIRST, FIRST),
    "complete_case": ("complete case", "o", SECOND, PAPER),
    "firth": ("complete case, Firth", "D", SECOND, PAPER),
}
ENDS = {"wald": ("conf_low", "conf_high"), "profile": ("profile_low", "profile_high")}
IN_WORDS = {"wald": "Wald", "profile": "profile likelihood"}


def alt_text(about: About, start: str, values: Iterable[tuple[float, str]], end: str) -> str:
    """Alt text: a start, the values as far as they fit, the largest difference first, and what is left out."""
    start = f"{about.source.mark}. {start}" if about.source.mark else start
    texts = [text for _, text in sorted(values, key=lambda value: -value[0])]  # equal ones stay as they are drawn
    for kept in range(len(texts), -1, -1):
        rest = "" if kept == len(texts) else f" The {'other ' * bool(kept)}values stand in the table."
        told = start + f" {'; '.join(texts[:kept])}." * bool(kept) + rest + end
        if len(told) <= LONGEST_ALT:
            break
    return told


def left_out(rows: Iterable[Record]) -> str:
    """What is left out of a chart, as a sentence; empty if nothing is."""
    found = dict.fromkeys(row["status"] for row in rows if row["status"] in SYMBOLS)
    return f" Left out: {' and '.join(f'{status} values ({SYMBOLS[status]})' for status in found)}." if found else ""


def _refuse_many(who: str, rows: int) -> None:
    if not 0 < rows <= MOST[who]:
        remedy = "Choose fewer variables, or show a table." if rows else ""
        raise UsageError(f"{who}: {rows} rows to draw; a figure holds 1 to {MOST[who]}.", (), remedy)


def group_bars(results: Results) -> Figure:
    """Percentages of groups as horizontal bars from 0 to 100, one block per variable.

    results: summaries; their percentages are drawn, of a Yes/No variable the Yes alone, each with its number and
    denominator (participants of the group with a known value). Suppressed and missing values are left out, which the
    figure says. Raises UsageError for results of another kind, no percentage, more than 14 levels, or more groups than
    can be told apart (three, and one that contains them).
    """
    many = checked(results, "group_bars", "summaries").study.file.unit.many
    note = f"Numbers are {many} with the characteristic, of those in the group with a known value."
    return bars_by_group(results, "group_bars", "Percent of those with a known value", [note])


@mpl.rc_context(STYLE)
def bars_by_group(results: Results, who: str, label: str, notes: list[str]) -> Figure:
    """What `group_bars` draws, in the name of `who`; label: of the axis. A share without n has no count."""
    about = checked(results, who, "summaries")
    study, rule = about.study, about.study.file.rounding
    rows = [row for row in results.to_dict("records") if row["statistic"] == "percent"]
    binary = {name for name in {row["variable"] for row in rows} if {*study.levels(name)} == {"Yes", "No"}}
    rows = [row for row in rows if row["variable"] not in binary or row["level"] == "Yes"]
    found = {(row["variable"], row["level"], row["group"]): row for row in rows}
    levels, groups = list(dict.fromkeys(key[:2] for key in found)), list(dict.fromkeys(key[2] for key in found))
    _refuse_many(who, len(levels) if any(row["status"] not in SYMBOLS for row in rows) else 0)
    parts = [name for name in groups if not {*about.groups[name].contains} & {*groups}]
    if len(parts) > len(LOOKS) or len(groups) > len(parts) + 1:
        raise UsageError(f"{who}: so many groups ({len(groups)}) cannot be told apart.", (), "Choose fewer.")
    looks = {name: LOOKS[parts.index(name)] if name in parts else WHOLE for name in groups}
    items: list[Item] = []
    for variable, level in levels:
        if variable not in binary and level == next(second for first, second in levels if first == variable):
            items.append((study.label(variable), 0, None))
        title, depth = (study.label(variable), 0) if variable in binary else (level, 1)
        items.append((title, depth, (variable, level)))
    page, left, wide, pitch = Page(7.1, about.source.mark), 2.8, 2.9, 0.16
    top = page.legend(page.top, [(about.groups[name].label, look) for name, look in looks.items()]) - 0.08
    places, bottom = page.stub(items, top, left, pitch * len(groups) + 0.1)
    axes = page.panel(left, top, wide, bottom - top, xlim=(0, 100), xticks=range(0, 101, 25), xlabel=label)
    told = []
    for key in levels:
        texts, shares = [], []
        for i, name in enumerate(groups):
            row = found.get((*key, name), {"status": "missing"})
            text, share = SYMBOLS.get(row["status"], ""), 0.0
            if not text:
                share = float(row["value"])
                text = f"{rounded(share, rule.percent, rule.rule)}%"
                counted = f"{row['n']:.0f} of {row['denominator']:.0f} ({text})"
                text = counted if isfinite(row["n"]) else f"{text} of {row['denominator']:.0f}"
                bar(axes, 0, places[key] + i * pitch, share, looks[name])
                shares += [share] * (name in parts)  # a group is not set against one that contains it
            page.write(left + wide * share / 100 + 0.06, places[key] + i * pitch, text)
            texts.append(text)
        level = "" if key[0] in binary else f", {key[1]}"
        told.append((max(shares) - min(shares) if shares else -1, f"{study.label(key[0])}{level}: {', '.join(texts)}"))
    many = study.file.unit.many
    start = f"Bar chart of percentages of {many}; groups: {', '.join(about.groups[name].label for name in groups)}."
    alt = alt_text(about, start, told, left_out(rows))
    return page.end(bottom + 0.6, [*notes, left_out(rows), cited(study)], who, alt)


@mpl.rc_context(STYLE)
def missing_bars(results: Results) -> Figure:
    """Known values (solid) and missing ones (hatched, all reasons together) of each variable, as shares of 100.

    results: events of the engine `data`, as `missingness` returns them. Participants whom a question does not concern
    are neither known nor missing, and not in the denominator. Suppressed values are left out, which the figure says.
    Raises UsageError for other results, none, or more than 40 rows (variables times groups).
    """
    about = checked(results, "missing_bars", "events")
    study, many = about.study, about.study.file.unit.many
    rows = [row for row in results.to_dict("records") if row["engine"] == "data"]
    cells: dict[tuple[str, str], list[Record]] = {}
    for row in rows:
        cells.setdefault((row["variable"], row["group"]), []).append(row)
    _refuse_many("missing_bars", len(cells))
    several, variables = len({group for _, group in cells}) > 1, dict.fromkeys(name for name, _ in cells)
    items: list[Item] = []
    for name in variables:
        items += [(study.label(name), 0, None)] * several
        mine = [key for key in cells if key[0] == name]
        items += [(about.groups[key[1]].label if several else study.label(name), int(several), key) for key in mine]
    page, left, wide = Page(7.1, about.source.mark), 2.8, 2.9
    top = page.legend(page.top, [("Known", LOOKS[0]), ("Missing, for any reason", LOOKS[1])]) - 0.08
    places, bottom = page.stub(items, top, left, 0.2)
    axes = page.panel(left, top, wide, bottom - top, xlim=(0, 100), xticks=range(0, 101, 25), xlabel="Percent")
    told = []
    for key, cell in cells.items():
        status = next((row["status"] for row in cell if row["status"] in SYMBOLS), "")
        missing, whole = _missing(study, cell)
        text, share = f"{missing:.0f} of {whole:.0f}", 100 * missing / whole if whole else 0.0
        if status:
            text, share = SYMBOLS[status], nan
        else:
            bar(axes, 0, places[key], 100 - share - bool(share), LOOKS[0])  # a white gap keeps the two apart
            if share:
                bar(axes, 100 - share, places[key], share, LOOKS[1])
        page.write(left + wide + 0.1, places[key], text if status else f"{text} missing")
        group = f", {about.groups[key[1]].label}" if several else ""
        told.append((-1 if status else share, f"{study.label(key[0])}{group}: {text}"))
    apart = any(row["event"] in study.not_applicable for row in rows)
    start = f"Bar chart of missing values of each variable, in {many}."
    note = f"Numbers are {many}" + ("; those whom a question does not concern are not among them." if apart else ".")
    return page.end(
        bottom + 0.6, [note, left_out(rows), cited(study)], "missing_bars", alt_text(about, start, told, left_out(rows))
    )


def _missing(study: Study, cell: list[Record]) -> tuple[float, float]:
    """How many values are missing, and of how many whom the question concerns."""
    apart = sum(row["n"] for row in cell if row["event"] in study.not_applicable)
    known = sum(row["n"] for row in cell if row["event"] == "known")
    return cell[0]["denominator"] - apart - known, cell[0]["denominator"] - apart


@mpl.rc_context(STYLE)
def flow_diagram(results: Results) -> Figure:
    """Participants left at each step (STROBE item 13c), as boxes; one column per outcome.

    results: as `flow` returns them. Boxes at the side hold those left out; a step that is divided says how many had the
    outcome and how many had not. Suppressed numbers are left out, which the figure says. Raises UsageError for results
    of another kind, or none.
    """
    about = checked(results, "flow_diagram", "flow")
    columns = [(str(title), part.to_dict("records")) for title, part in results.groupby("note", sort=False)]
    if not columns:
        raise UsageError("flow_diagram: these results hold no step.")
    wide, main, many, hidden = 5.0, 2.45, about.study.file.unit.many, left_out(results.to_dict("records"))
    page, told, ends = Page(wide * len(columns) + EDGE, about.source.mark), list[tuple[float, str]](), list[float]()
    top = max(page.write(EDGE + wide * i, page.top, title, main, "bold") for i, (title, _) in enumerate(columns)) - 0.05
    for i, (title, rows) in enumerate(columns):
        x, y, steps = EDGE + wide * i, top, dict[str, dict[str, str]]()
        for row in rows:
            steps.setdefault(row["step"], {})[row["group"]] = SYMBOLS.get(row["status"]) or f"{row['n']:.0f}"
        kept = [step for step in steps if "not known" not in step]
        aside = dict(zip(kept[:-1], (step for step in steps if "not known" in step), strict=False))
        for step in kept:
            told.append((0, f"{title}: " * (y == top) + f"{step.lower()} {_divided(steps[step])}"))
            bottom = _box(page, x, y, main, step, steps[step])
            y = bottom + 0.3
            if out := aside.get(step):
                y = max(y, _box(page, x + main + 0.3, bottom + 0.1, wide - main - 0.5, out, steps[out]) + 0.1)
                _arrow(page.sheet, (x + main / 2, (bottom + y) / 2), (x + main + 0.3, (bottom + y) / 2))
                told.append((0, f"{out.lower()} {steps[out]['all']}"))
            if step != kept[-1]:
                _arrow(page.sheet, (x + main / 2, bottom), (x + main / 2, y))
        ends.append(bottom)
    notes = [f"Numbers are {many}.", hidden, cited(about.study)]
    alt = alt_text(about, f"Flow diagram of {many}.", told, hidden)
    return page.end(max(ends) + 0.3, notes, "flow_diagram", alt)


def _divided(numbers: dict[str, str]) -> str:
    return f"{numbers['all']} (with {numbers['yes']}, without {numbers['no']})" if "yes" in numbers else numbers["all"]


def _box(page: Page, x: float, y: float, width: float, title: str, numbers: dict[str, str]) -> float:
    """One box with its upper edge at y; returns its lower edge."""
    below = page.write(x + 0.1, y + 0.2, title, width - 0.2)
    below = page.write(x + 0.1, below, f"n = {numbers['all']}", weight="bold")
    if "yes" in numbers:
        below = page.write(x + 0.1, below, f"with the outcome {numbers['yes']}")
        below = page.write(x + 0.1, below, f"without the outcome {numbers['no']}")
    page.sheet.add_patch(Rectangle((x, y), width, below - 0.05 - y, facecolor=PAPER, edgecolor=INK, linewidth=1))
    return below - 0.05


def _arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    look = {"arrowstyle": "-|>", "color": INK, "shrinkA": 0, "shrinkB": 0, "mutation_scale": 8}
    axes.annotate("", end, start, arrowprops=look)


@mpl.rc_context(STYLE)
def forest(*results: Results, interval: str = "wald") -> Figure:
    """Adjusted odds ratios with their intervals on a log axis, one panel per frame, on shared rows and a shared axis.

    results: kind estimates (log-odds), one or two frames of one study. interval: wald, or profile (of the likelihood).
    Rows stand under the study's headings of explanatory variables; a second method stands below the first, and filled
    symbols are imputed. Left out: unadjusted estimates, constants, joint tests; and suppressed estimates, which the
    figure says. An interval that goes on beyond the axis ends in an arrow. Raises UsageError for other results, another
    interval, or a frame with nothing to draw.
    """
    if not isinstance(interval, str) or interval not in ENDS or len(results) not in (1, 2):
        raise UsageError("forest: give one or two frames of estimates, and the interval wald or profile.")
    abouts, ends = [checked(frame, "forest", "estimates") for frame in results], ENDS[interval]
    study, mark = abouts[0].study, abouts[0].source.mark
    panels = [_drawable(frame) for frame in results]
    drawn = [row for rows in panels for row in rows if row["status"] not in SYMBOLS]
    given = all(any(not isnan(row[ends[0]]) for row in rows) for rows in panels)
    if not given or len({about.study.name for about in abouts}) > 1:
        raise UsageError(f"forest: each frame needs adjusted estimates with {interval} intervals, of the same study.")
    flag = NOT_LOCKED if any(frame["note"].str.contains(NOT_LOCKED, regex=False).any() for frame in results) else ""
    page, left, pitch, numbers = Page(7.1 if len(panels) == 1 else 10.0, mark), 2.75, 0.135, 1.8 if flag else 1.5
    wide, most = (page.width - left) / len(panels), max(len(_methods(rows)) for rows in panels)
    top = max(_head(page, study, left + i * wide, wide - EDGE, rows, flag) for i, rows in enumerate(panels)) + 0.1
    page.write(EDGE, top, "Explanatory variable", weight="bold")
    # a second symbol stands 0.32 of a row below the first; one alone needs half that height
    items = _terms(study, {_key(row): row for rows in panels for row in rows})
    places, bottom = page.stub(items, top + 0.06, left, 0.21 * most + 0.15 * bool(flag))
    head, axis = f"aOR ({study.file.regression.confidence:g}% CI)", _axis_ends(drawn, ends)
    for i, rows in enumerate(panels):
        edge, methods = left + (i + 1) * wide - numbers, list(_methods(rows))
        page.write(edge, top, head, weight="bold")
        axes = page.panel(left + i * wide + 0.06, top + 0.06, wide - numbers - 0.2, bottom - top, xscale="log")
        _odds_axis(axes, *axis, labels=7 if len(panels) == 1 else 6)
        for row in rows:
            place = places[_key(row)] + pitch * methods.index(row["method"])
            page.write(edge, place, SYMBOLS.get(row["status"]) or _odds(study, row, ends))
            if row["status"] not in SYMBOLS:
                _interval(axes, place - 0.045, row, ends, axis)
        for key in {_key(row) for row in rows}:
            page.write(edge, places[key] + pitch * len(methods), flag)
    values = []
    sizes = [f"n = {rows[0]['n']:.0f}, events {rows[0]['n_events']:.0f}" for rows in panels]
    titles = [study.label(panels[0][0]["outcome"]), *(f"timepoint {rows[0]['timepoint']}" for rows in panels[1:])]
    for key in dict.fromkeys(map(_key, drawn)):
        mine = [row for row in drawn if _key(row) == key]
        texts = ", ".join(_odds(study, row, ends) for row in mine)
        values.append((max(abs(row["estimate"]) for row in mine), f"{term_label(study, mine[0])}: {texts}"))
    hidden = left_out(row for rows in panels for row in rows)
    start = f"Forest plot of {head}, associations, not effects.{' ' + flag + '.' if flag else ''} "
    start += "; ".join(f"{title}, {size}" for title, size in zip(titles, sizes, strict=True)) + "."
    said = {term_label(study, row): row["note"].removeprefix(NOT_LOCKED).strip("; ") for row in drawn}
    footnotes = [f"{label}: {text}." for label, text in said.items() if text]
    note = "Associations, not effects. aOR: odds ratios, mutually adjusted: each is given all others in its model. "
    note += f"CI: {IN_WORDS[interval]} confidence interval; an arrow means that it goes on beyond the axis."
    alt = alt_text(abouts[0], start, values, hidden)
    return page.end(bottom + 0.65, [note, *footnotes, hidden, cited(study)], "forest", alt)


def _drawable(frame: Results) -> list[Record]:
    """Adjusted estimates of explanatory variables, the suppressed last; a constant or a joint test is none."""
    rows = frame[(frame["model"] == "adjusted") & (frame["variable"] != "")].to_dict("records")
    shown = [row for row in rows if row["status"] not in SYMBOLS and isfinite(row["estimate"])]
    return shown + [row for row in rows if row["status"] == "suppressed"]


def _key(row: Record) -> tuple[str, str]:
    return row["variable"], row["level"]


def _methods(rows: list[Record]) -> dict[str, Record]:
    """Methods of a panel in the order in which they are drawn, each with a row that says its numbers."""
    return {name: row for name in METHODS for row in reversed(rows) if row["method"] == name}


def _size(row: Record) -> str:
    return f"{METHODS[row['method']][0]}, n = {row['n']:.0f}, events {row['n_events']:.0f}"


def _head(page: Page, study: Study, x: float, width: float, rows: list[Record], flag: str) -> float:
    """Title of a panel, and its methods with their symbols and numbers; returns the baseline that follows."""
    y = page.write(x, page.top, study.label(rows[0]["outcome"]), width, "bold") + 0.02
    y = page.write(x, y, flag, width, "bold")
    for method, row in _methods(rows).items():
        _symbol(page.sheet, x + 0.06, y - 0.045, method)
        y = page.write(x + 0.2, y, _size(row) + (f", m = {row['m']:.0f}" if pd.notna(row["m"]) else ""), width - 0.2)
    return y


def _terms(study: Study, found: dict[tuple[str, str], Record]) -> list[Item]:
    """What stands at the left: the study's headings, under them their variables, under these their levels."""
    blocks = [(block.title, block.variables) for block in study.file.explanatory]
    placed = {name for _, names in blocks for name in names}
    items: list[Item] = []
    for title, names in (*blocks, ("Other", tuple(dict.fromkeys(name for name, _ in found if name not in placed)))):
        items += [(title, 0, None)] * any(name in names for name, _ in found)
        for name in names:
            keys = [key for key in found if key[0] == name]
            several = len(keys) > 1
            reference = f" (reference: {found[keys[0]]['reference']})" if keys and found[keys[0]]["reference"] else ""
            items += [(_named(study, name) + reference, 1, None)] * several
            for key in keys:
                label = term_label(study, found[key]) + reference * (key[1] not in ("", "Yes", "No"))
                items.append((key[1] if several else label, 1 + several, key))
    return items


def _named(study: Study, variable: str) -> str:
    """A variable's title; the text of a term that is none."""
    return study.label(variable) if variable in study.declared else variable


def term_label(study: Study, row: Record) -> str:
    """A term in words: the title of a Yes/No variable, of others with the level or the units."""
    title, coding = _named(study, row["variable"]), study.file.coding.get(row["variable"])
    if row["level"]:
        return title if row["level"] in ("Yes", "No") else f"{title}: {row['level']}"
    return f"{title}, {coding.label}" if coding and coding.label else title


def _odds(study: Study, row: Record, ends: tuple[str, str]) -> str:
    """'2.31 (1.27 to 4.21)' from log-odds, rounded by the study's rule."""
    rounding, texts = study.file.rounding, []
    for log_odds in (row[name] for name in ("estimate", *ends)):
        known = SYMBOLS["missing"] if isnan(log_odds) else ">1000"
        near = log_odds <= log(1000)  # also false for what is not a number
        texts.append(rounded(exp(log_odds), rounding.odds_ratio, rounding.rule) if near else known)
    return "{} ({} to {})".format(*texts)


def _axis_ends(rows: list[Record], ends: tuple[str, str]) -> tuple[int, int]:
    """Powers of 2 that hold every estimate, and the intervals as far as an eighth and eight."""
    lows, highs, middles = ([row[c] / log(2) for row in rows if not isnan(row[c])] for c in (*ends, "estimate"))
    return floor(min(max(min(lows), -3), *middles)), ceil(max(min(max(highs), 3), *middles))


def _odds_axis(axes: Axes, low: int, high: int, labels: int) -> None:
    """A log axis with ticks at powers of 2, or at every second, third … where not more labels than these fit."""
    step = 1 + (high - low) // labels
    ticks = [2.0**power for power in range(low, high + 1) if power % step == 0]
    axes.set(xlim=(2.0**low, 2.0**high), xlabel="Adjusted odds ratio, log scale")
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.axvline(1, color=GREY, linewidth=1, linestyle=":", zorder=0)


def _interval(axes: Axes, y: float, row: Record, ends: tuple[str, str], axis: tuple[int, int]) -> None:
    """An estimate and its interval; what goes on beyond the axis is cut, and an arrow says so."""
    colour, low, high = METHODS[row["method"]][2], 2.0 ** axis[0], 2.0 ** axis[1]
    limits = [exp(min(row[end], 700)) for end in ends]
    for beyond, edge, arrow in ((limits[0] < low, low, "<"), (limits[1] > high, high, ">")):
        axes.plot([edge] * beyond, [y] * beyond, marker=arrow, color=colour, markersize=4.5, clip_on=False)
    axes.plot([max(limits[0], low), min(limits[1], high)], [y, y], color=colour, linewidth=1.2, zorder=1)
    _symbol(axes, exp(row["estimate"]), y, row["method"])


def _symbol(axes: Axes, x: float, y: float, method: str) -> None:
    _, marker, outline, fill = METHODS[method]
    look: dict[str, Any] = {
        "markerfacecolor": fill,
        "markeredgecolor": outline,
        "markeredgewidth": 1.2,
        "markersize": 5.5,
    }
    axes.plot(x, y, marker=marker, linestyle="none", clip_on=False, **look)
