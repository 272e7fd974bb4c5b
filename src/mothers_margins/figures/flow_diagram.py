"""The flow of participants, as boxes."""

from collections.abc import Iterator, Mapping

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from mothers_margins.errors import UsageError
from mothers_margins.figures.figure import Figure, alt_text, left_out
from mothers_margins.figures.page import EDGE, Page, on_both
from mothers_margins.figures.style import INK, PAPER, STYLE
from mothers_margins.results.results import Record, Results, checked
from mothers_margins.results.shown import shown
from mothers_margins.wording import captions
from mothers_margins.wording.head_and_foot import cited
from mothers_margins.wording.logs import STEPS
from mothers_margins.wording.numbers import count_text
from mothers_margins.wording.sentences import in_sentence
from mothers_margins.wording.terms import label

# Inches: from outcome to outcome, and from box to box.
COLUMN = 5.0
GAP = 0.3
# What stands beside a step: those who are left out before the next one.
ASIDE = {"in_file": "outcome_not_known", "outcome_known": "term_not_known"}
Steps = dict[str, dict[str, str]]  # numbers as text, by step, then by group


@mpl.rc_context(STYLE)
def flow_diagram(results: Results) -> Figure:
    """Participants left at each step (STROBE item 13c), as boxes; one column per outcome.

    results: as `flow` returns them. Boxes at the side hold those left out; a step that is divided
    says how many had the outcome and how many had not. Suppressed numbers are left out, which the
    figure says. Raises UsageError for results of another kind, or none.
    """
    about = checked(results, "flow_diagram", "flow")
    study = about.study
    many = study.file.unit.many
    by_outcome = results.groupby("outcome", sort=False)
    columns = {
        label(study, str(name)): _steps(part.to_dict("records")) for name, part in by_outcome
    }
    if not columns:
        raise UsageError("flow_diagram: these results hold no step.")
    hidden = left_out(shown(row, "n") for row in results.to_dict("records"))
    notes = [f"Numbers are {many}.", hidden, cited(study)]
    alt = alt_text(about, f"Flow diagram of {many}.", _columns_in_words(columns), hidden)

    in_file = shown(results.to_dict("records")[0], "n")
    caption = captions.of_all(f"Flow of {many}: {' and '.join(columns)}", {"in_file": in_file})

    def draw(page: Page) -> Figure:
        bottom = _draw_columns(page, columns)
        return page.end(bottom + 0.3, notes, "flow_diagram", alt, caption=caption)

    return on_both(COLUMN * len(columns) + EDGE, about, draw)


def _box_width(page: Page) -> float:
    return 1.75 if page.is_narrow else 2.45


def _aside_width(page: Page) -> float:
    """Of a box at the side."""
    return 1.55 if page.is_narrow else 2.05


def _aside_gap(page: Page) -> float:
    """From a box to one at the side."""
    return 0.2 if page.is_narrow else 0.3


def _steps(rows: list[Record]) -> Steps:
    """The steps of one outcome, in the order of the rows."""
    steps: Steps = {}
    for row in rows:
        steps.setdefault(str(row["step"]), {})[str(row["group"])] = count_text(shown(row, "n"))
    return steps


def _kept(steps: Steps) -> list[str]:
    """The steps that stand one below the other."""
    return [step for step in steps if step not in ASIDE.values()]


def _columns_in_words(columns: Mapping[str, Steps]) -> Iterator[tuple[float, str]]:
    """The steps of all columns for the alt text, in their order: none stands out."""
    for title, steps in columns.items():
        first, *others = _steps_in_words(steps)
        yield 0, f"{title}: {first}"
        yield from ((0, words) for words in others)


def _steps_in_words(steps: Steps) -> Iterator[str]:
    """Each step, followed by those who are left out after it."""
    for step in _kept(steps):
        yield f"{in_sentence(STEPS[step])} {_divided(steps[step])}"
        aside = ASIDE.get(step, "")
        if aside in steps:
            yield f"{in_sentence(STEPS[aside])} {steps[aside]['all']}"


def _draw_columns(page: Page, columns: Mapping[str, Steps]) -> float:
    """Outcomes beside each other, on a narrow page one below the other; returns where they end."""
    if page.is_narrow:
        bottom = page.top - 0.2
        for title, steps in columns.items():
            top = page.write(EDGE, bottom + 0.3, title, weight="bold") - 0.05
            bottom = _draw_steps(page, EDGE, top, steps)
        return bottom
    lefts = [EDGE + COLUMN * place for place in range(len(columns))]
    under_titles = [
        page.write(x, page.top, title, _box_width(page), "bold")
        for x, title in zip(lefts, columns, strict=True)
    ]
    # the first boxes stand at one height, whatever lines a title takes
    top = max(under_titles) - 0.05
    bottoms = [
        _draw_steps(page, x, top, steps) for x, steps in zip(lefts, columns.values(), strict=True)
    ]
    return max(bottoms)


def _draw_steps(page: Page, x: float, top: float, steps: Steps) -> float:
    """Boxes of one outcome from the top down, with those left out at the side; returns where the
    last ends.
    """
    kept = _kept(steps)
    width = _box_width(page)
    middle = x + width / 2
    bottom = top
    next_top = top
    for step in kept:
        bottom = _box(page, x, next_top, width, STEPS[step], steps[step])
        next_top = bottom + GAP
        aside = ASIDE.get(step, "")
        if aside in steps:
            next_top = _draw_aside(page, x, bottom, STEPS[aside], steps[aside])
        if step != kept[-1]:
            _arrow(page.sheet, (middle, bottom), (middle, next_top))
    return bottom


def _draw_aside(page: Page, x: float, above: float, title: str, numbers: dict[str, str]) -> float:
    """Those left out after the box that ends at `above`; returns where the next box begins."""
    width = _box_width(page)
    left = x + width + _aside_gap(page)
    end = _box(page, left, above + 0.1, _aside_width(page), title, numbers)
    next_top = max(above + GAP, end + 0.1)
    # it leaves the arrow from box to box where that is half way
    half = (above + next_top) / 2
    _arrow(page.sheet, (x + width / 2, half), (left, half))
    return next_top


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
