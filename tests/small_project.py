"""A project of small notebooks in a temporary folder, for tests of the batch."""

import json
import shutil
from concurrent.futures import Executor
from pathlib import Path

from rich.console import Console

from mothers_margins.batch.plan import plan, read_run_list
from mothers_margins.batch.prepare import prepare
from mothers_margins.batch.progress import Progress
from mothers_margins.batch.run import run_batch

REPOSITORY = Path(__file__).parents[1]
SAVE_RESULTS = """import mothers_margins as mm
study = mm.read_study("hscc_2019")
mm.save(mm.list_themes(study), {name!r})"""
# The files that these calls leave, written by hand: a kernel without pandas starts in half the
# time.
SAVE = """from mothers_margins import places
for ending, text in {{"csv": "n\\n7\\n", "json": "{{}}"}}.items():
    path = places.staged(f"internal/hscc_2019/{name}.{{ending}}")
    places.write_whole(path, lambda part: part.write_text(text))"""


class Project:
    """A copy of the definitions, notebooks written on the spot, and one run list."""

    def __init__(self, folder: Path, pool: Executor) -> None:
        self.folder, self.pool, self.out = folder, pool, folder / "outputs" / "demo"
        no_lists = shutil.ignore_patterns("run_list.yaml")
        shutil.copytree(REPOSITORY / "data_dictionary", folder / "data_dictionary", ignore=no_lists)
        (folder / "notebooks").mkdir()
        self.lines: list[str] = []

    def path(self, name: str) -> Path:
        return self.folder / "notebooks" / f"{name}.ipynb"

    def write(
        self, name: str, *cells: str, parameters: str = "n: int = 1", tags: tuple[str, ...] = ()
    ) -> None:
        """A notebook; a cell that begins with # is prose. tags: of its last cell."""
        content = [
            {
                "cell_type": "code",
                "id": "p",
                "metadata": {"tags": ["parameters"]},
                "source": parameters,
            }
        ]
        for number, source in enumerate(cells):
            kind = "markdown" if source.startswith("#") else "code"
            content.append(
                {"cell_type": kind, "id": f"c{number}", "metadata": {}, "source": source}
            )
        if tags:
            content[-1]["metadata"] = {"tags": list(tags)}
        for cell in content:
            cell.update(
                {"outputs": [], "execution_count": None} if cell["cell_type"] == "code" else {}
            )
        notebook = {
            "cells": content,
            "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3"}},
        }
        self.path(name).write_text(
            json.dumps(notebook | {"nbformat": 4, "nbformat_minor": 5}), encoding="utf-8"
        )

    def notebook(
        self, name: str, *cells: str, needs: str = "", more: str = "", tags: tuple[str, ...] = ()
    ) -> None:
        """A notebook and its line in the run list. more: other keys of the line."""
        self.write(name, *cells, tags=tags)
        line = f"  - {{name: {name}, notebook: {name}, study: hscc_2019, needs: [{needs}]{more}}}"
        self.lines = [other for other in self.lines if f"name: {name}," not in other] + [line]
        self.write_list()

    def write_list(self) -> None:
        text = "\n".join(["entries:", *self.lines])
        (self.folder / "notebooks" / "run_list.yaml").write_text(text, encoding="utf-8")

    def study_list(self, study: str, *lines: str) -> None:
        """The run list of one study."""
        text = "\n".join(["entries:", *(f"  - {{{line}}}" for line in lines)])
        (self.folder / "data_dictionary" / study / "run_list.yaml").write_text(
            text, encoding="utf-8"
        )

    def prepared(self, *names: str, data: Path | None = None, dry: bool = False):
        return prepare(plan(read_run_list(), names), data, self.out, dry=dry)

    def run(
        self,
        *names: str,
        jobs: int = 2,
        data: Path | None = None,
        own_pool: bool = False,
        executor: Executor | None = None,
        **how: bool,
    ):
        """Exit code and what has become of each step."""
        batch = self.prepared(*names, data=data)
        how = {"force": False, "keep_going": False} | how
        with Progress(Console(quiet=True)) as progress:
            pool = None if own_pool else executor or self.pool
            code = run_batch(batch, jobs=jobs, progress=progress, executor=pool, **how)
        return code, batch.states

    def manifest(self) -> dict:
        return json.loads((self.out / "manifest.json").read_text(encoding="utf-8"))

    def failure(self, name: str) -> dict:
        return next(
            entry["failure"] for entry in self.manifest()["entries"] if entry["name"] == name
        )

    def files(self) -> set[str]:
        """Files of the run's folder, but the lock."""
        paths = (path for path in self.out.rglob("*") if path.is_file() and path.name != ".lock")
        return {path.relative_to(self.out).as_posix() for path in paths}
