"""Running notebooks and looking at what a run has made: run, status, word, verify."""

import logging
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, TypeVar, Unpack

import click

from mothers_margins import places
from mothers_margins.cli.command import exits, link, main
from mothers_margins.errors import UsageError, count

if TYPE_CHECKING:  # a command loads what it runs, no more
    from mothers_margins.batch.manifest import Record
    from mothers_margins.batch.prepare import Batch

Command = TypeVar("Command", bound=Callable[..., object])


class Selection(TypedDict):
    """What to run, on which data, into which folder: the options that `selecting` adds."""

    names: tuple[str, ...]
    demo: bool
    data: Path | None
    study: str | None
    settings: tuple[str, ...]
    out: Path | None


def selecting(command: Command) -> Command:
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


@main.command()
@selecting
@click.option(
    "-j", "jobs", type=click.IntRange(1), default=2, show_default=True, help="Notebooks at a time."
)
@click.option("--force", is_flag=True, help="Run also what has not changed.")
@click.option("--dry-run", is_flag=True, help="Say what would run and why; run nothing.")
@click.option(
    "--keep-going", is_flag=True, help="After a failure, go on with what does not need it."
)
@exits
def run(
    jobs: int, force: bool, dry_run: bool, keep_going: bool, **selection: Unpack[Selection]
) -> int:
    """Run the notebooks (all, or those named) and what they need.

    Exit codes: 0 done or unchanged, 1 a notebook failed, 2 usage, 3 data, 4 disclosure refused, 130
    interrupted.
    """
    return run_selection(selection, jobs=jobs, force=force, dry_run=dry_run, keep_going=keep_going)


def run_selection(
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
    click.echo(f"Open {link(batch.out / 'index.html')}")
    return code


def _summary(states: list[str]) -> str:
    """How many entries ended in which state."""
    if set(states) == {"unchanged"}:
        return "Nothing to do: nothing has changed since the last run"
    return ", ".join(f"{states.count(state)} {state}" for state in dict.fromkeys(states))


@main.command()
@selecting
@exits
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
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option(
    "--out",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Folder of the run (default: outputs/demo).",
)
@click.option(
    "--to", required=True, type=click.Path(path_type=Path), help="Folder for the documents."
)
@exits
def word(names: tuple[str, ...], out: Path | None, to: Path) -> None:
    """Write notebooks of a run (all, or those named) as Word documents: words, tables, figures."""
    from mothers_margins.batch.word_page import word_of_run

    for path in word_of_run((out or places.project() / "outputs" / "demo").resolve(), names, to):
        click.echo(str(path))


@main.command()
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@exits
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
