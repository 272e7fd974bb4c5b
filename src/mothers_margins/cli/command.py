"""The command itself, and what its parts share: how errors end it, links, and progress."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import ParamSpec

import click

from mothers_margins import __version__, places
from mothers_margins.errors import MothersMarginsError, UsageError

INTERRUPTED = 130
Given = ParamSpec("Given")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="mothers-margins")
def main() -> None:
    """Rebuild the tables of a study from its rows and its definition."""


def exits(command: Callable[Given, int | None]) -> Callable[Given, None]:
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


def link(path: Path) -> str:
    """A link that a terminal opens with a click; a plain path where the output is kept in a
    file.
    """
    if sys.stdout.isatty():
        return path.as_uri()
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


@contextmanager
def progress(study: str) -> Iterator[Callable[[str], None]]:
    """Say on the terminal's error channel what is being done."""
    from rich.console import Console

    with Console(stderr=True).status(f"{study}: reading") as status:
        yield lambda what: status.update(f"{study}: {what}")
