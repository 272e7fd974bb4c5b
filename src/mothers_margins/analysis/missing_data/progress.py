"""What a person sees while something long runs outside the batch, which shows its own."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from mothers_margins import places

Report = Callable[[int], object]


@contextmanager
def shown(what: str, whole: int, wanted: bool = True) -> Iterator[Report | None]:
    """A function that is told how many of `whole` are done: a bar in a terminal and a line that
    counts in a notebook, which both leave one line; five plain lines elsewhere.

    None where nothing is to be shown: not wanted, or inside the batch.
    """
    if not wanted or os.environ.get(places.STAGE):
        yield None
    elif _in_a_notebook():
        yield _counting_line(what, whole)
    elif sys.stderr.isatty():
        with _bar(what, whole) as report:
            yield report
        print(f"{what}: {whole} of {whole}", file=sys.stderr)
    else:
        every = max(1, whole // 5)
        yield lambda done: print(f"{what}: {done} of {whole}") if done % every == 0 else None


def _in_a_notebook() -> bool:
    """Whether a kernel of Jupyter runs this; IPython is only asked where it is at work."""
    ipython = sys.modules.get("IPython")
    return ipython is not None and hasattr(ipython.get_ipython(), "kernel")


def _counting_line(what: str, whole: int) -> Report:
    """One output of a cell, which is overwritten."""
    from IPython.display import display

    def line(done: int) -> dict[str, str]:
        return {"text/plain": f"{what}: {done} of {whole}"}

    handle = display(line(0), raw=True, display_id=True)  # type: ignore[no-untyped-call]
    return lambda done: handle.update(line(done), raw=True)


@contextmanager
def _bar(what: str, whole: int) -> Iterator[Report]:
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task(what, total=whole)
        yield lambda done: bars.update(task, completed=done)
