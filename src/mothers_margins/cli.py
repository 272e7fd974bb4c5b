"""The command mothers-margins. A thin wrapper: every command calls one function that Python can
call as well.
"""

import logging
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Literal, ParamSpec, TypedDict, TypeVar, Unpack

import click

from mothers_margins import __version__, places
from mothers_margins.errors import DisclosureError, MothersMarginsError, UsageError, count

if TYPE_CHECKING:  # a command loads what it runs, no more
    from mothers_margins.batch.manifest import Record
    from mothers_margins.batch.prepare import Batch
    from mothers_margins.disclosure.ledger_file import FolderLedger

INTERRUPTED = 130
LARGE = 5_000_000  # bytes of a file that takes more than two seconds to read
Given = ParamSpec("Given")
Command = TypeVar("Command", bound=Callable[..., object])


class Selection(TypedDict):
    """What to run, on which data, into which folder: the options that `_selection` adds."""

    names: tuple[str, ...]
    demo: bool
    data: Path | None
    study: str | None
    settings: tuple[str, ...]
    out: Path | None


class PlanTest(TypedDict):
    """How a plan is tried: the options of plan-test that its verb takes under the same names."""

    recipe: Literal["study", "strong"]
    cohorts: int
    m: int
    sweeps: int
    seed: int


def _exits(command: Callable[Given, int | None]) -> Callable[Given, None]:
    """Turn our errors into a message and their exit code."""

    @wraps(command)
    def run(*arguments: Given.args, **options: Given.kwargs) -> None:
        try:
            sys.exit(command(*arguments, **options) or 0)
        except MothersMarginsError as error:
            click.echo(str(error), err=True)
            sys.exit(error.exit_code)
        except OSError as error:
            named = isinstance(error.filename, str)
            where = f": {places.shown(Path(error.filename))}" if named else ""
            click.echo(f"{error.strerror or type(error).__name__}{where}", err=True)
            sys.exit(UsageError.exit_code)
        except KeyboardInterrupt:
            click.echo("Interrupted. Nothing half-written was kept.", err=True)
            sys.exit(INTERRUPTED)

    return run


def _selection(command: Command) -> Command:
    """The options that say what to run, on which data, into which folder."""
    for option in (
        click.option(
            "--out",
            type=click.Path(path_type=Path),
            help="Folder for the results (default: outputs/demo).",
        ),
        click.option(
            "-p",
            "settings",
            multiple=True,
            metavar="NAME.KEY=VALUE",
            help="Set a parameter of an entry, or of all that NAME begins.",
        ),
        click.option(
            "--study", help="Only the entries of this study; with --data, the study of the file."
        ),
        click.option(
            "--data",
            type=click.Path(path_type=Path),
            help="Run on this restricted file (needs --out).",
        ),
        click.option(
            "--demo", is_flag=True, help="Run on the demonstration data that are shipped."
        ),
        click.argument("names", nargs=-1, metavar="[NAME]..."),
    ):
        command = option(command)
    return command


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="mothers-margins")
def main() -> None:
    """Rebuild the tables of a study from its rows and its definition."""


@main.command()
@_selection
@click.option(
    "-j", "jobs", type=click.IntRange(1), default=2, show_default=True, help="Notebooks at a time."
)
@click.option("--force", is_flag=True, help="Run also what has not changed.")
@click.option("--dry-run", is_flag=True, help="Say what would run and why; run nothing.")
@click.option(
    "--keep-going", is_flag=True, help="After a failure, go on with what does not need it."
)
@_exits
def run(
    jobs: int, force: bool, dry_run: bool, keep_going: bool, **selection: Unpack[Selection]
) -> int:
    """Run the notebooks (all, or those named) and what they need.

    Exit codes: 0 done or unchanged, 1 a notebook failed, 2 usage, 3 data, 4 disclosure refused, 130
    interrupted.
    """
    return _run_batch(selection, jobs=jobs, force=force, dry_run=dry_run, keep_going=keep_going)


def _run_batch(
    selection: Selection, *, jobs: int, force: bool, dry_run: bool, keep_going: bool
) -> int:
    """Run the entries of a selection, and say how they ended."""
    from rich.console import Console

    from mothers_margins.batch.progress import Progress
    from mothers_margins.batch.run import run_batch

    started = time.monotonic()
    batch = _batch(selection, dry=dry_run)
    if dry_run:
        return _tell(batch, force)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with (
        places.private_files(batch.restricted),
        _logged(batch.out, private=batch.restricted),
        Progress(Console()) as progress,
    ):
        code = run_batch(batch, jobs=jobs, force=force, keep_going=keep_going, progress=progress)
    for name, state in batch.states.items():
        if state == "failed":
            click.echo("\n" + _failure_report(batch.records[name], batch.out), err=True)
    click.echo(f"{_summary(list(batch.states.values()))} ({time.monotonic() - started:.1f} s)")
    click.echo(f"Open {_link(batch.out / 'index.html')}")
    return code


def _summary(states: list[str]) -> str:
    """How many entries ended in which state."""
    if set(states) == {"unchanged"}:
        return "Nothing to do: nothing has changed since the last run"
    return ", ".join(f"{states.count(state)} {state}" for state in dict.fromkeys(states))


@main.command()
@_selection
@_exits
def status(**selection: Unpack[Selection]) -> int:
    """Say which results are up to date, and why the others are not. The same as run --dry-run;
    --demo by default.
    """
    selection["demo"] = selection["demo"] or not selection["data"]
    return _tell(_batch(selection, dry=True), force=False)


def _batch(selection: Selection, *, dry: bool) -> "Batch":
    from mothers_margins.batch.decks import is_meeting
    from mothers_margins.batch.plan import plan, read_run_list
    from mothers_margins.batch.prepare import prepare
    from mothers_margins.batch.report import is_report

    if selection["demo"] == bool(selection["data"]):
        raise UsageError(
            "Say either --demo (the data that are shipped) or --data FILE (a restricted file)."
        )
    steps = plan(read_run_list(), selection["names"], selection["settings"], selection["study"])
    if selection["data"] and not selection["names"]:
        # restricted numbers leave by a command of their own; meetings and the report come after it
        later = (is_meeting, is_report)
        steps = {
            name: step
            for name, step in steps.items()
            if not any(is_later(step.entry.notebook) for is_later in later)
        }
    return prepare(steps, selection["data"], selection["out"], dry=dry)


def _tell(batch: "Batch", force: bool) -> int:
    for name, reasons in batch.would_run(force=force).items():
        click.echo(f"{name}: would run ({', '.join(reasons)})" if reasons else f"{name}: unchanged")
    return 0


def _failure_report(record: "Record", out: Path) -> str:
    return "\n".join(
        [
            f"{record.name} failed: {record.failure}",
            *(
                f"  the notebook as far as it came: {places.shown(out / name)}"
                for name in record.outputs
            ),
            f"  to run only this again, give the same command with the name {record.name}",
        ]
    )


def _link(path: Path) -> str:
    """A link that a terminal opens with a click; a plain path where the output is kept in a
    file.
    """
    if sys.stdout.isatty():
        return path.as_uri()
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


class _Log(logging.FileHandler):
    """run.log; a line for which there is no room is lost, and said nowhere else."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 (logging's name)
        """Instead of a traceback with the line on the terminal: nothing."""


@contextmanager
def _logged(out: Path, *, private: bool) -> Iterator[None]:
    """Keep a log of the run in its folder."""
    places.make_folder(out, private=private)
    handler = _Log(out / "run.log", encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%Y-%m-%dT%H:%M:%S%z"))
    log = logging.getLogger("mothers_margins")
    log.handlers[:] = [handler]
    log.setLevel(logging.INFO)
    try:
        yield
    finally:
        log.removeHandler(handler)
        handler.close()


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
@_exits
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
    _take_feedback(feedback)
    selection = Selection(
        names=(f"{SLIDES}{meeting}",),
        demo=data is None,
        data=data,
        study=study,
        settings=(),
        out=out,
    )
    code = _run_batch(selection, jobs=2, force=False, dry_run=False, keep_going=False)
    if code == 0 and to is not None:
        run = (out or places.project() / "outputs" / "demo").resolve()
        for path in pictures_of_meeting(run, meeting, to, asked):
            click.echo(str(path))
    return code


def _take_feedback(folder: Path | None) -> None:
    """Let notebooks find the folder of feedback. Raises UsageError where it lies in the project."""
    from mothers_margins.slides.feedback import FOLDER

    if folder is None:
        return
    if places.inside_project(folder):
        raise UsageError("--feedback names a folder inside the project's; it lies outside.")
    os.environ[FOLDER] = str(folder.resolve())


@main.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--study", help="The study of the file (default: the one whose columns it has, else esmi)."
)
@_exits
def check(file: Path, study: str | None) -> None:
    """Check participant files against the study definition; analyse nothing. Exit code 3 if they do
    not match.

    FILE is one data file, or a folder or sources.yaml that maps several.
    """
    from mothers_margins.cohort.read_cohort import likely_study, missing_cells, read_cohort
    from mothers_margins.study.read_study import read_study

    chosen = read_study(study or likely_study(file))
    if file.is_file() and file.stat().st_size > LARGE:
        click.echo(f"Reading for study {chosen.name} …", err=True)
    cohort = read_cohort(file, chosen)
    unit = cohort.study.file.unit
    click.echo(f"The file matches {cohort.study.name}: {count(len(cohort), unit.one, unit.many)}.")
    for event in cohort.events:
        about = f" {event.variable}" if event.variable else ""
        click.echo(f"  {event.engine}: {event.event}{about}: {event.rows}")
    for line in missing_cells(cohort):
        click.echo(f"  {line}")


@main.command(name="plan-test")
@click.option("--study", default="esmi", show_default=True, help="Whose plan is tried.")
@click.option(
    "--recipe",
    type=click.Choice(["study", "strong"]),
    default="study",
    show_default=True,
    help="The study's own recipe, or strong associations and rare answers with more gaps.",
)
@click.option("--outcome", "outcomes", multiple=True, help="Default: the main outcomes.")
@click.option("--cohorts", type=click.IntRange(2), default=400, show_default=True)
@click.option("--m", type=click.IntRange(1), default=5, show_default=True, help="Imputations.")
@click.option("--sweeps", type=click.IntRange(1), default=5, show_default=True)
@click.option("--seed", type=click.IntRange(1), default=1, show_default=True, help="Of the first.")
@click.option("-j", "jobs", type=click.IntRange(1), default=2, show_default=True)
@click.option("--to", type=click.Path(path_type=Path), help="Write the results to this CSV file.")
@_exits
def plan_test_command(
    study: str, outcomes: tuple[str, ...], jobs: int, to: Path | None, **how: Unpack[PlanTest]
) -> int:
    """Carry out a study's missing-data plan on cohorts whose truth is known, and say how far off it
    is. Exit code 1 if a bar is missed.
    """
    from mothers_margins.known_truth.plan_test import plan_test
    from mothers_margins.study.read_study import read_study
    from mothers_margins.tables.known_truth import plan_table

    results = plan_test(read_study(study), outcomes, n_jobs=jobs, **how)
    click.echo(repr(plan_table(results)))
    if to:
        places.write_whole(to, lambda part: results.to_csv(part, index=False, lineterminator="\n"))
    return int((results["within"] == 0).any())


@main.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option(
    "--out",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Folder of the run (default: outputs/demo).",
)
@click.option(
    "--to", required=True, type=click.Path(path_type=Path), help="Folder for the documents."
)
@_exits
def word(names: tuple[str, ...], out: Path | None, to: Path) -> None:
    """Write notebooks of a run (all, or those named) as Word documents: words, tables, figures."""
    from mothers_margins.batch.word_page import word_of_run

    for path in word_of_run((out or places.project() / "outputs" / "demo").resolve(), names, to):
        click.echo(str(path))


@main.command()
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@_exits
def verify(folder: Path) -> int:
    """Compare every file of a run's folder with its manifest. Exit code 1 if one is gone or was
    changed.
    """
    from mothers_margins.batch import manifest

    faults = manifest.verify(folder)
    for fault in faults:
        click.echo(fault, err=True)
    click.echo("Every file is as the run made it." if not faults else count(len(faults), "fault"))
    return int(bool(faults))


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
@_exits
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
        click.echo(f"For readers: {_link(page)}")


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

    with _progress(internal.name) as tell:
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
    with _progress(study) as tell:
        written = write_release.release(
            internal, run / "release" / study, ledger=ledger, consent=consent, tell=tell
        )
    click.echo(f"{study}: {count(len(written.tables), 'table')} in {written.folder}")
    click.echo(f"  for the person who checks outputs: {places.shown(internal)}")


@contextmanager
def _progress(study: str) -> Iterator[Callable[[str], None]]:
    """Say on the terminal's error channel what is being done."""
    from rich.console import Console

    with Console(stderr=True).status(f"{study}: reading") as status:
        yield lambda what: status.update(f"{study}: {what}")


@main.command()
@click.argument("folder_or_file", type=click.Path(path_type=Path))
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Of an edited deck: folder of the run that made it (default: outputs/demo).",
)
@_exits
def audit(folder_or_file: Path, out: Path | None) -> int:
    """Look in finished files for what must not leave. Exit code 4 if there is anything.

    Of a PowerPoint file: numbers that were not released.
    """
    if folder_or_file.suffix.lower() == ".pptx":
        return _audit_deck(folder_or_file, out)
    from mothers_margins.release.audit import audit as audited
    from mothers_margins.release.audit import in_words

    with _progress(folder_or_file.name) as tell:
        tell("searching")
        found = audited(folder_or_file)
    for finding in found:
        click.echo(f"{finding.file}, {finding.place}: {in_words(finding)}", err=True)
    click.echo("Nothing was found." if not found else count(len(found), "finding"))
    return DisclosureError.exit_code if found else 0


def _audit_deck(file: Path, out: Path | None) -> int:
    from mothers_margins.batch.decks import numbers_of_run
    from mothers_margins.slides.audit_deck import audit_deck

    run = (out or places.project() / "outputs" / "demo").resolve()
    found = audit_deck(file, numbers_of_run(run))
    for finding in found:
        click.echo(finding, err=True)
    click.echo("Nothing was found." if not found else count(len(found), "finding"))
    return DisclosureError.exit_code if found else 0


@main.command("demo-data")
@click.argument("study")
@click.option(
    "--rows", type=click.IntRange(20), help="Of a synthetic study: how many rows (needs --to)."
)
@click.option(
    "--to",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write this file, not the shipped one.",
)
@_exits
def demo_data(study: str, rows: int | None, to: Path | None) -> None:
    """Make the demonstration file of a study anew: rebuilt from published totals and facts, or
    drawn by its recipe.
    """
    from mothers_margins.demo.shipped import write_demo
    from mothers_margins.study.read_study import read_study

    asked = read_study(study)
    click.echo(f"Making {rows or 'the'} rows of {study} …")
    click.echo(f"Written: {places.shown(write_demo(asked, to, rows))}")


@main.command()
@_exits
def lab() -> int:
    """Open the notebooks in JupyterLab. Results go to outputs/interactive/; notebooks are saved
    without outputs.

    Kernels talk to it encrypted, and keep no history of what was typed.
    """
    import subprocess

    folder = places.project() / "notebooks"
    settings = Path(__file__).parent / "templates" / "jupyter_config.py"
    command = [
        sys.executable,
        "-m",
        "jupyterlab",
        f"--ServerApp.root_dir={folder}",
        f"--config={settings}",
    ]
    return subprocess.run(command, check=False).returncode  # noqa: S603


@main.command()
@_exits
def doctor() -> int:
    """Say whether this installation is the one that was tested. Exit code 1 if something is missing
    or differs.
    """
    from mothers_margins.batch.doctor import examine

    findings = examine()
    for fine, line in findings:
        click.echo(f"{'ok  ' if fine else 'LOOK'} {line}")
    return int(not all(fine for fine, _ in findings))


@main.command()
@click.option(
    "--status",
    type=click.Choice(["draft", "final"]),
    default="draft",
    show_default=True,
    help="A final report needs the agreed list and what became of the last meeting.",
)
@click.option(
    "--format",
    "formats",
    default="html,docx,pdf",
    show_default=True,
    metavar="html,docx,pdf",
    help="Which files are made.",
)
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    help="The restricted file of the run, after its release (default: the demonstration).",
)
@click.option("--study", default="esmi", show_default=True, help="Whose report it is.")
@click.option(
    "--out", type=click.Path(path_type=Path), help="Folder of the run (default: outputs/demo)."
)
@click.option(
    "--feedback",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Folder with what the group has said, and with draft.json; outside the project.",
)
@click.option("--to", type=click.Path(path_type=Path), help="Copy the files into this folder.")
@_exits
def report(
    status: str,
    formats: str,
    data: Path | None,
    study: str,
    out: Path | None,
    feedback: Path | None,
    to: Path | None,
) -> int:
    """Make the report of a study from its release, in release/report of the run's folder."""
    from mothers_margins.batch.report import NOTEBOOK, copied, formats_of

    asked = formats_of(formats)
    _take_feedback(feedback)
    selection = Selection(
        names=(NOTEBOOK,),
        demo=data is None,
        data=data,
        study=study,
        settings=(f"{NOTEBOOK}.status={status}", f"{NOTEBOOK}.formats={','.join(asked)}"),
        out=out,
    )
    code = _run_batch(selection, jobs=2, force=False, dry_run=False, keep_going=False)
    if code == 0 and to is not None:
        run = (out or places.project() / "outputs" / "demo").resolve()
        for path in copied(run, asked, to):
            click.echo(str(path))
    return code
