"""The flow of participants, as boxes."""

from collections.abc import Iterator
from dataclasses import dataclass

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from mothers_margins.errors import UsageError
from mothers_margins.figures.figure import Figure, alt_text, left_out
from mothers_margins.figures.page import EDGE, Page
from mothers_margins.figures.style import INK, PAPER, STYLE
from mothers_margins.results.results import Record, Results, checked
from mothers_margins.results.shown import shown
from mothers_margins.wording.terms import STEPS, cited, count_text, in_sentence, label

COLUMN, BOX = 5.0, 2.45  # inches: from outcome to outcome, and the width of a box


@mpl.rc_context(STYLE)
def flow_diagram(results: Results) -> Figure:
    """Participants left at each step (STROBE item 13c), as boxes; one column per outcome.

    results: as `flow` returns them. Boxes at the side hold those left out; a step that is divided
    says how many had the outcome and how many had not. Suppressed numbers are left out, which the
    figure says. Raises UsageError for results of another kind, or none.
    """
    about = checked(results, "flow_diagram", "flow")
    study, many = about.study, about.study.file.unit.many
    by_outcome = results.groupby("outcome", sort=False)
    columns = {label(study, str(name)): part.to_dict("records") for name, part in by_outcome}
    if not columns:
        raise UsageError("flow_diagram: these results hold no step.")
    page = Page(COLUMN * len(columns) + EDGE, about.source.mark)
    lefts = [EDGE + COLUMN * place for place in range(len(columns))]
    under_titles = [
        page.write(x, page.top, title, BOX, "bold") for x, title in zip(lefts, columns, strict=True)
    ]
    top = max(under_titles) - 0.05
    drawn = [
        _flow_column(page, x, top, rows) for x, rows in zip(lefts, columns.values(), strict=True)
    ]
    hidden = left_out(shown(row, "n") for row in results.to_dict("records"))
    notes = [f"Numbers are {many}.", hidden, cited(study)]
    told = _columns_in_words(list(columns), drawn)
    alt = alt_text(about, f"Flow diagram of {many}.", told, hidden)
    return page.end(max(column.bottom for column in drawn) + 0.3, notes, "flow_diagram", alt)


def _columns_in_words(
    titles: list[str], columns: list["_FlowColumn"]
) -> Iterator[tuple[float, str]]:
    """The steps of all columns for the alt text, in their order: none stands out."""
    for title, column in zip(titles, columns, strict=True):
        first, *others = column.told
        yield 0, f"{title}: {first}"
        yield from ((0, words) for words in others)


# What stands beside a step: those who are left out before the next one.
ASIDE = {"in_file": "outcome_not_known", "outcome_known": "term_not_known"}


@dataclass(frozen=True)
class _FlowColumn:
    """A drawn column of a flow: where it ends, and its steps in words."""

    bottom: float
    told: tuple[str, ...]


def _flow_column(page: Page, x: float, top: float, rows: list[Record]) -> _FlowColumn:
    """Boxes of one outcome from the top down, with those left out at the side."""
    steps: dict[str, dict[str, str]] = {}
    for row in rows:
        steps.setdefault(str(row["step"]), {})[str(row["group"])] = count_text(shown(row, "n"))
    kept = [step for step in steps if step not in ASIDE.values()]
    middle, beside = x + BOX / 2, x + BOX + 0.3
    y, bottom = top, top
    told: list[str] = []
    for step in kept:
        told.append(f"{in_sentence(STEPS[step])} {_divided(steps[step])}")
        bottom = _box(page, x, y, BOX, STEPS[step], steps[step])
        y = bottom + 0.3
        aside = ASIDE.get(step, "")
        if aside in steps:
            end = _box(page, beside, bottom + 0.1, COLUMN - BOX - 0.5, STEPS[aside], steps[aside])
            y = max(y, end + 0.1)
            half = (bottom + y) / 2
            _arrow(page.sheet, (middle, half), (beside, half))
            told.append(f"{in_sentence(STEPS[aside])} {steps[aside]['all']}")
        if step != kept[-1]:
            _arrow(page.sheet, (middle, bottom), (middle, y))
    return _FlowColumn(bottom, tuple(told))


def _divided(numbers: dict[str, str]) -> str:
    if "yes" not in numbers:
        return numbers["all"]
    return f"{numbers['all']} (with {numbers['yes']}, without {numbers['no']})"


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
