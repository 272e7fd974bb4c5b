"""The files of a meeting, made from its executed notebook: PowerPoint, page, handout, run sheet,
and a form for what is said.
"""

import json
from pathlib import Path

from mothers_margins import places
from mothers_margins.batch.notebook import Notebook

DECKS = "release/leag_"  # a number follows: release/leag_1/deck.pptx
SLIDES = "08_"  # how the name of a meeting's notebook begins


def is_meeting(notebook: str) -> bool:
    """Whether the notebook of this name is of a meeting."""
    return Path(notebook).name.startswith(SLIDES)


def files_of_meeting(notebook: Notebook) -> dict[str, bytes]:
    """The files of a meeting by their path in the run's folder.

    Raises DisclosureError where a slide says what was not released, UsageError for every other
    fault of the deck.
    """
    from mothers_margins.slides.check_deck import check_deck
    from mothers_margins.slides.deck import deck_of
    from mothers_margins.slides.page import page
    from mothers_margins.slides.powerpoint import powerpoint
    from mothers_margins.slides.run_sheet import feedback_form, handout, run_sheet

    deck = check_deck(deck_of(notebook["cells"]))
    folder = f"{DECKS}{deck.meant.meeting}"
    return {
        f"{folder}/deck.pptx": powerpoint(deck),
        f"{folder}/deck.html": page(deck).encode(),
        f"{folder}/handout.pdf": handout(deck),
        f"{folder}/run_sheet.pdf": run_sheet(deck),
        f"{folder}/feedback.xlsx": feedback_form(deck),
    }


def write_meeting(executed: Path, stage: Path) -> None:
    """Put the files of a meeting where those of a notebook wait until it has finished."""
    notebook: Notebook = json.loads(executed.read_text(encoding="utf-8"))
    for name, content in files_of_meeting(notebook).items():
        _write(stage / f"{name}{places.PART}", content)


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
