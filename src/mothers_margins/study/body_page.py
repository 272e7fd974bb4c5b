"""What fits one upright page: how long a body table, and the notes under it, may be."""

from collections.abc import Iterable

from mothers_margins.study.study import Study
from mothers_margins.study.study_file import TablePlan

COLUMNS = 6  # beside the labels
ROWS = 30  # titles of blocks and headings among them
WORDS = 60  # of all notes; where the rows come from is no note
COMPARED = 2  # columns that a comparison adds at least: difference and p
YES_NO = ("Yes", "No")


def lines_of(study: Study, plan: TablePlan) -> int:
    """How many rows a body table has: a number, or a Yes or No, takes one; levels and answers take
    one each under a heading.
    """
    lines = 0
    for block in plan.blocks:
        lines += bool(block.title)
        lines += sum(_of_variable(study, name, block.levels) for name in block.variables)
    return lines


def _of_variable(study: Study, name: str, only: tuple[str, ...]) -> int:
    if name in study.sets:
        answers = study.sets[name]
        parts = {answer.block for answer in answers if answer.block}
        return 1 + len(parts) + len(answers)
    levels = study.levels(name)
    if not levels or levels == YES_NO:
        return 1
    return 1 + sum(level in levels for level in only or levels)


def words_in(notes: Iterable[str]) -> int:
    """How many words some notes have together."""
    return sum(len(note.split()) for note in notes)
