"""What a person sees while something long runs outside the batch, which shows its own."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from mothers_margins import places


@contextmanager
def shown(what: str, whole: int, wanted: bool = True) -> Iterator[Callable[[int], object] | None]:
    """A function that is told how many of `whole` are done: a bar in a terminal, five plain lines
    elsewhere.

    None where nothing is to be shown: not wanted, or inside the batch.
    """
    if not wanted or os.environ.get(places.STAGE):
        yield None
        return
    if sys.stderr.isatty():
        from rich.console import Console
        from rich.progress import Progress

        with Progress(console=Console(stderr=True), transient=True) as bars:
            task = bars.add_task(what, total=whole)
            yield lambda done: bars.update(task, completed=done)
        return
    every = max(1, whole // 5)
    yield lambda done: print(f"{what}: {done} of {whole}") if done % every == 0 else None
