"""Local workers: one process for each notebook at a time, so that one that is killed takes only its
own entry along.
"""

import multiprocessing
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from typing import ParamSpec, TypeVar

from mothers_margins.batch.worker import prepare_worker

Given = ParamSpec("Given")
Answer = TypeVar("Answer")


class _Slot:
    """A pool of one process. free: whether it has done the job that it was given last."""

    def __init__(self) -> None:
        self.free: Callable[[], bool] = lambda: True
        self._start()

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.pool = ProcessPoolExecutor(1, context, initializer=prepare_worker)

    def submit(
        self, job: Callable[Given, Answer], /, *given: Given.args, **named: Given.kwargs
    ) -> Future[Answer]:
        try:
            future = self.pool.submit(job, *given, **named)
        except BrokenExecutor:  # its process was killed, at work or while it waited
            self.pool.shutdown(wait=False)
            self._start()
            future = self.pool.submit(job, *given, **named)
        self.free = future.done
        return future


class SingleProcesses(Executor):
    """An executor of `number` pools of one process each; a pool that broke is replaced when it is
    next needed.

    One pool of several processes would declare all its jobs lost, those beside the lost one too,
    and take no more.
    """

    def __init__(self, number: int) -> None:
        self._before = multiprocessing.active_children()
        self._slots = [_Slot() for _ in range(max(number, 1))]

    def submit(
        self, fn: Callable[Given, Answer], /, *args: Given.args, **kwargs: Given.kwargs
    ) -> Future[Answer]:
        """Give a job to a worker that is free, else to the first, where it waits."""
        free = [slot for slot in self._slots if slot.free()]
        return (free or self._slots)[0].submit(fn, *args, **kwargs)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Let the workers go."""
        for slot in self._slots:
            slot.pool.shutdown(wait, cancel_futures=cancel_futures)

    def terminate(self) -> None:
        """End the workers at once; their kernels end by themselves when they are gone."""
        for process in multiprocessing.active_children():
            if process not in self._before:
                process.terminate()
