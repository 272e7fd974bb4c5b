"""The report as an entry of a run: where its files go, and a copy of those that are asked for."""

from pathlib import Path
from shutil import copyfile

from mothers_margins import places
from mothers_margins.errors import UsageError

REPORT = "release/report/"
NOTEBOOK = "09_"  # how the name of a report's notebook begins
FILES = ("html", "docx", "pdf")


def is_report(notebook: str) -> bool:
    """Whether the notebook of this name makes a report."""
    return Path(notebook).name.startswith(NOTEBOOK)


def formats_of(asked: str) -> tuple[str, ...]:
    """The formats in a list with commas. Raises UsageError for others, and for none."""
    formats = tuple(one.strip() for one in asked.split(",") if one.strip())
    strange = [one for one in formats if one not in FILES]
    if strange or not formats:
        raise UsageError(f"--format: say one or several of {', '.join(FILES)}.", strange)
    return formats


def copied(run: Path, formats: tuple[str, ...], to: Path) -> list[Path]:
    """The files of a run's report, copied into a folder. Raises UsageError for one that the run has
    not made.
    """
    copies = []
    for one in formats:
        file = run / REPORT / f"report.{one}"
        if not file.is_file():
            raise UsageError(f"{places.shown(run)} holds no report.{one}.")
        to.mkdir(parents=True, exist_ok=True)
        copies.append(Path(copyfile(file, to / file.name)))
    return copies
