"""What leaves a run, and whether it may: release, audit."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mothers_margins import places
from mothers_margins.cli.command import exits, link, main, progress
from mothers_margins.cli.meetings import audit_edited_deck
from mothers_margins.errors import DisclosureError, UsageError, count

if TYPE_CHECKING:  # a command loads what it runs, no more
    from mothers_margins.disclosure.ledger_file import FolderLedger


@main.command()
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Folder of the run (default: outputs/demo).",
)
@click.option("--study", help="Only this study (default: all that the run has results of).")
@click.option(
    "--preview",
    is_flag=True,
    help="Say in seconds what would be shown of each variable alone; write nothing.",
)
@click.option(
    "--whole", is_flag=True, help="With --preview: of everything together, as it would be released."
)
@click.option(
    "--ledger",
    type=click.Path(path_type=Path),
    help="Folder with the ledger of earlier releases; restricted data need it.",
)
@click.option("--begin-ledger", is_flag=True, help="Begin the ledger: nothing was released yet.")
@click.option(
    "--consent", default="", metavar="WHO", help="Who has allowed numbers that changed by few."
)
@exits
def release(
    out: Path | None,
    study: str | None,
    preview: bool,
    whole: bool,
    ledger: Path | None,
    begin_ledger: bool,
    consent: str,
) -> None:
    """Protect the results of a run together, and write what may leave into its folder release/.

    Exit code 4 if something forbids it; then nothing is written.
    """
    run = (out or places.project() / "outputs" / "demo").resolve()
    studies = [study] if study else sorted(path.name for path in run.glob("internal/*"))
    if not studies:
        raise UsageError(f"{places.shown(run)} holds no results of a run.")
    if whole and not preview:
        raise UsageError("--whole says how much --preview shows; a release is always whole.")
    if preview and begin_ledger:
        raise UsageError("A preview writes nothing, so it begins no ledger.")
    kept = _ledger(ledger, begin_ledger)
    for name in studies:
        if preview:
            _preview_one(run / "internal" / name, kept, whole)
        else:
            _release_one(run, name, kept, consent)
    if not preview:
        _front_page(run / "release", private=kept is not None)


def _front_page(folder: Path, *, private: bool) -> None:
    """The page that readers open, made anew from all that is released in a run's folder."""
    from mothers_margins.front_page.write_front_page import write_front_page

    page = write_front_page(folder, private=private)
    if page:
        click.echo(f"For readers: {link(page)}")


def _ledger(folder: Path | None, begin: bool) -> "FolderLedger | None":
    """The ledger in a folder. Raises DisclosureError if it cannot be used."""
    from mothers_margins.disclosure.ledger import LedgerError
    from mothers_margins.disclosure.ledger_file import begin_ledger, open_ledger

    if folder is None:
        return None
    if places.inside_project(folder):
        raise UsageError("--ledger names a folder inside the project's; it lies beside the data.")
    try:
        return begin_ledger(folder) if begin else open_ledger(folder)
    except LedgerError as error:
        remedy = error.remedy
        if not begin and not folder.exists():
            remedy += " Begin one with --begin-ledger."
        raise DisclosureError(error.summary, error.problems, remedy) from None


def _preview_one(internal: Path, ledger: "FolderLedger | None", whole: bool) -> None:
    from mothers_margins.wording.previews import quick_in_words, whole_in_words

    with progress(internal.name) as tell:
        if whole:
            from mothers_margins.release.preview_release import preview

            told = whole_in_words(preview(internal, ledger=ledger, tell=tell))
        else:
            from mothers_margins.release.quick_preview import quick_preview

            told = quick_in_words(quick_preview(internal, ledger=ledger))
    click.echo(f"{internal.name}\n{told}")


def _release_one(run: Path, study: str, ledger: "FolderLedger | None", consent: str) -> None:
    from mothers_margins.release import write_release

    internal = run / "internal" / study
    with progress(study) as tell:
        written = write_release.release(
            internal, run / "release" / study, ledger=ledger, consent=consent, tell=tell
        )
    click.echo(f"{study}: {count(len(written.tables), 'table')} in {written.folder}")
    click.echo(f"  for the person who checks outputs: {places.shown(internal)}")


@main.command()
@click.argument("folder_or_file", type=click.Path(path_type=Path))
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Of an edited deck: folder of the run that made it (default: outputs/demo).",
)
@exits
def audit(folder_or_file: Path, out: Path | None) -> int:
    """Look in finished files for what must not leave. Exit code 4 if there is anything.

    Of a PowerPoint file: numbers that were not released.
    """
    if folder_or_file.suffix.lower() == ".pptx":
        return audit_edited_deck(folder_or_file, out)
    from mothers_margins.release.audit import audit as audited
    from mothers_margins.release.audit import in_words

    with progress(folder_or_file.name) as tell:
        tell("searching")
        found = audited(folder_or_file)
    for finding in found:
        click.echo(f"{finding.file}, {finding.place}: {in_words(finding)}", err=True)
    click.echo("Nothing was found." if not found else count(len(found), "finding"))
    return DisclosureError.exit_code if found else 0
