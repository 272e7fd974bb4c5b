"""Notebooks that the demo run executes are not executed again: their executed copy is checked.

Where no test asks for the demo run (`pytest notebooks/05_regression.ipynb`), all are executed.
"""

import atexit
import gc
import json
import os
import sys
from functools import partial
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

import pytest
from pytest_notebook.nb_regression import NBRegressionFixture
from pytest_notebook.plugin import JupyterNbTest, gather_config_options

from mothers_margins.batch.worker import THREADS
from tests.demo_run import KEY, DemoRun, run_by_defaults

# Hundreds of kernels, workers and commands start in a session. Where the environment forbids
# bytecode, each of them would compile the package anew, and each worker all of the tests: they
# keep it outside the folder, for as long as the session lasts.
if os.environ.pop("PYTHONDONTWRITEBYTECODE", ""):
    sys.dont_write_bytecode = False
    sys.pycache_prefix = mkdtemp(prefix="bytecode_")
    os.environ["PYTHONPYCACHEPREFIX"] = sys.pycache_prefix
    atexit.register(rmtree, sys.pycache_prefix, ignore_errors=True)


def pytest_configure() -> None:
    for name in THREADS:  # two workers on two cores: none of them needs threads of its own
        os.environ.setdefault(name, "1")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    executed = run_by_defaults() if any(needs_demo_run(item) for item in items) else {}
    for item in (one for one in items if isinstance(one, JupyterNbTest)):
        if item.path.stem in executed:
            item.runtest = partial(check_copy, item, executed[item.path.stem])
            item.fixturenames = ["demo_run"]
    last = [item for item in items if needs_demo_run(item)]  # it may be ready by then
    items[:] = [item for item in items if item not in last] + last


def needs_demo_run(item: pytest.Item) -> bool:
    return "demo_run" in getattr(item, "fixturenames", ())


def pytest_collection_finish(session: pytest.Session) -> None:
    """Start the demo run beside the tests, in one of the workers."""
    gc.freeze()  # thousands of tests that stay to the end: not to be walked at each collection
    config = session.config
    if config.option.collectonly or not any(needs_demo_run(item) for item in session.items):
        return
    base = config._tmp_path_factory.getbasetemp()
    shared = base.parent if hasattr(config, "workerinput") else base
    config.stash[KEY] = DemoRun(shared)


def pytest_sessionfinish(session: pytest.Session) -> None:
    if run := session.config.stash.get(KEY, None):
        run.stop()


def check_copy(item: JupyterNbTest, entry: str) -> None:
    """The notebook as the demo run left it: all of its cells, each executed, and none changed."""
    run = item.config.stash[KEY]
    run.said()
    copy = run.out / "notebooks" / f"{entry}.ipynb"
    options, _ = gather_config_options(item.config)
    NBRegressionFixture(**options | {"exec_notebook": False}).check(str(copy))
    stored, made = cells(item.path), cells(copy)
    assert [cell["source"] for cell in made] == [cell["source"] for cell in stored]
    for number, cell in enumerate(made):
        if cell["cell_type"] == "code" and "".join(cell["source"]).strip():
            assert cell["execution_count"], f"cell {number} was not executed"
            assert not [out for out in cell["outputs"] if out["output_type"] == "error"], number


def cells(path: Path) -> list[dict]:
    """Cells of a notebook, without the one that papermill puts in."""
    content = json.loads(path.read_text(encoding="utf-8"))
    injected = "injected-parameters"
    return [one for one in content["cells"] if injected not in one["metadata"].get("tags", [])]
