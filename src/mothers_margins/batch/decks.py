"""The files of a meeting, made from its executed notebook: PowerPoint, page, handout, run sheet,
a form for what is said, and beside the last one what the group changed, for the report.
"""

import json
import subprocess
from pathlib import Path
from shutil import which
from tempfile import TemporaryDirectory

from mothers_margins import places
from mothers_margins.batch.notebook import Notebook
from mothers_margins.documents.parts import packed, unpacked
from mothers_margins.errors import UsageError

DECKS = "release/leag_"  # a number follows: release/leag_1/deck.pptx
HIDDEN = b' show="0"'  # how PowerPoint says that a slide is hidden
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
    from mothers_margins.slides.run_sheet import feedback_form, handout, involvement, run_sheet

    deck = check_deck(deck_of(notebook["cells"]))
    folder = f"{DECKS}{deck.meant.meeting}"
    files = {
        f"{folder}/deck.pptx": powerpoint(deck),
        f"{folder}/deck.html": page(deck).encode(),
        f"{folder}/handout.pdf": handout(deck),
        f"{folder}/run_sheet.pdf": run_sheet(deck),
        f"{folder}/feedback.xlsx": feedback_form(deck),
    }
    if deck.meant.involvement:
        files[f"{folder}/involvement.pdf"] = involvement(deck)
    return files


def write_meeting(executed: Path, stage: Path) -> None:
    """Put the files of a meeting where those of a notebook wait until it has finished."""
    notebook: Notebook = json.loads(executed.read_text(encoding="utf-8"))
    for name, content in files_of_meeting(notebook).items():
        _write(stage / f"{name}{places.PART}", content)


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def numbers_of_run(run: Path) -> set[str]:
    """The numbers that the decks of a run may say: released ones, and those of the study's list."""
    from mothers_margins.slides.deck import deck_of

    known: set[str] = set()
    for path in sorted((run / "notebooks").glob(f"{SLIDES}*.ipynb")):
        if path.name.endswith(".failed.ipynb"):
            continue
        deck = deck_of(json.loads(path.read_text(encoding="utf-8"))["cells"])
        known |= {*deck.numbers, *deck.meant.allowed}
    if not known:
        remedy = "Say where the run lies whose decks were edited: --out DIR"
        raise UsageError(f"{places.shown(run)} holds no deck.", (), remedy)
    return known


def pictures_of_meeting(run: Path, meeting: int, to: Path, formats: tuple[str, ...]) -> list[Path]:
    """A deck that a run has made in other formats, in a folder: `pdf`, a notes page of each slide,
    the reserve too; `png`, a picture of each slide that is shown. Both need LibreOffice and
    pdftoppm.

    Raises UsageError for a deck that is not there, or a program that is not installed.
    """
    from mothers_margins.slides.deck import deck_of
    from mothers_margins.slides.run_sheet import notes_pages

    found = sorted((run / "notebooks").glob(f"{SLIDES}{meeting}_*.ipynb"))
    file = run / f"{DECKS}{meeting}" / "deck.pptx"
    if not found or not file.is_file():
        raise UsageError(f"{places.shown(run)} holds no deck of meeting {meeting}.")
    lacking = [program for program in ("soffice", "pdftoppm") if not which(program)]
    if lacking:
        faults = [f"{one} is missing" for one in lacking]
        raise UsageError("Pictures of slides need a program.", faults)
    deck = deck_of(json.loads(found[0].read_text(encoding="utf-8"))["cells"])
    pictures = _pictures(_nothing_hidden(file.read_bytes()))
    name = f"{'REHEARSAL_' if deck.meant.rehearsal else ''}leag_{meeting}"
    files: dict[str, bytes] = {}
    if "pdf" in formats:
        files[f"{name}_notes.pdf"] = notes_pages(deck, pictures)
    if "png" in formats:
        shown = pictures[: len(deck.shown)]
        files |= {f"{name}-{place:02}.png": one for place, one in enumerate(shown, start=1)}
    for file_name, content in files.items():
        _write(to / file_name, content)
    return [to / file_name for file_name in files]


def _nothing_hidden(deck: bytes) -> bytes:
    """A deck whose reserve is shown as well: LibreOffice leaves out what is hidden."""
    parts = unpacked(deck)
    slides = [name for name in parts if name.startswith("ppt/slides/slide")]
    return packed({**parts, **{name: parts[name].replace(HIDDEN, b"") for name in slides}})


def _pictures(deck: bytes) -> list[bytes]:
    """A picture of each slide, by LibreOffice and pdftoppm."""
    with TemporaryDirectory() as folder:
        Path(folder, "deck.pptx").write_bytes(deck)
        convert = ["soffice", f"-env:UserInstallation=file://{folder}/profile", "--headless"]
        convert += ["--convert-to", "pdf", "--outdir", folder, f"{folder}/deck.pptx"]
        subprocess.run(convert, check=True, capture_output=True)  # noqa: S603
        pages = ["pdftoppm", "-r", "110", "-png", f"{folder}/deck.pdf", f"{folder}/slide"]
        subprocess.run(pages, check=True, capture_output=True)  # noqa: S603
        return [path.read_bytes() for path in sorted(Path(folder).glob("slide-*.png"))]
