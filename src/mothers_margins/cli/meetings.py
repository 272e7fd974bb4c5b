"""Meetings of the Lived Experience Advisory Group: leag, and the audit of an edited deck."""

import os
from pathlib import Path

import click

from mothers_margins import places
from mothers_margins.cli.command import exits, main
from mothers_margins.cli.running import Selection, run_selection
from mothers_margins.errors import DisclosureError, UsageError, count


@main.command()
@click.option("--meeting", type=click.IntRange(1), required=True, help="Which of the meetings.")
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    help="The restricted file of the run, after its release (default: the demonstration).",
)
@click.option("--study", default="esmi", show_default=True, help="Whose meeting it is.")
@click.option(
    "--out", type=click.Path(path_type=Path), help="Folder of the run (default: outputs/demo)."
)
@click.option(
    "--feedback",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Folder with contacts and with what the group has said; outside the project.",
)
@click.option(
    "--format",
    "formats",
    default="",
    metavar="png,pdf",
    help="Also a picture of each slide, or a PDF with notes; needs --to.",
)
@click.option("--to", type=click.Path(path_type=Path), help="Folder for these formats.")
@exits
def leag(
    meeting: int,
    data: Path | None,
    study: str,
    out: Path | None,
    feedback: Path | None,
    formats: str,
    to: Path | None,
) -> int:
    """Make the deck of a meeting, and all that lies beside it, in release/leag_N of the run's
    folder.
    """
    from mothers_margins.batch.decks import SLIDES, pictures_of_meeting

    asked = tuple(one.strip() for one in formats.split(",") if one.strip())
    if strange := [one for one in asked if one not in ("png", "pdf")]:
        raise UsageError(f"--format: {', '.join(strange)} is none of png, pdf.")
    if asked and to is None:
        raise UsageError("--format needs a folder: --to DIR")
    take_feedback(feedback)
    selection = Selection(
        names=(f"{SLIDES}{meeting}",),
        demo=data is None,
        data=data,
        study=study,
        settings=(),
        out=out,
    )
    code = run_selection(selection, jobs=2, force=False, dry_run=False, keep_going=False)
    if code == 0 and to is not None:
        run = (out or places.project() / "outputs" / "demo").resolve()
        for path in pictures_of_meeting(run, meeting, to, asked):
            click.echo(str(path))
    return code


def take_feedback(folder: Path | None) -> None:
    """Let notebooks find the folder of feedback. Raises UsageError where it lies in the project."""
    from mothers_margins.slides.feedback import FOLDER

    if folder is None:
        return
    if places.inside_project(folder):
        raise UsageError("--feedback names a folder inside the project's; it lies outside.")
    os.environ[FOLDER] = str(folder.resolve())


def audit_edited_deck(file: Path, out: Path | None) -> int:
    """Say which numbers of an edited deck were not released; the exit code."""
    from mothers_margins.batch.decks import numbers_of_run
    from mothers_margins.slides.audit_deck import audit_deck

    run = (out or places.project() / "outputs" / "demo").resolve()
    found = audit_deck(file, numbers_of_run(run))
    for finding in found:
        click.echo(finding, err=True)
    click.echo("Nothing was found." if not found else count(len(found), "finding"))
    return DisclosureError.exit_code if found else 0
