"""What stands at the top of the package: public names, errors, places, templates."""

import ast
import importlib
import pickle
import re
import subprocess
import sys
from inspect import unwrap

import pytest

import mothers_margins as mm
from mothers_margins import places
from tests.conftest import REPOSITORY


def test_paths_that_are_shown_are_never_absolute(tmp_path):
    assert places.shown(REPOSITORY / "notebooks") == "notebooks"
    assert not places.shown(tmp_path / "a" / "b" / "c").startswith("/")


def test_an_error_travels_between_processes_whole():
    error = mm.DataError("summary", ["one", "two"], "do this")
    again = pickle.loads(pickle.dumps(error))  # noqa: S301
    assert str(again) == str(error) == "summary\n  one\n  two\ndo this"
    assert again.exit_code == 3


def test_exit_codes_tell_the_kind_of_error():
    kinds = {mm.UsageError: 2, mm.StudyError: 2, mm.DataError: 3, mm.DisclosureError: 4}
    assert {kind: kind("x").exit_code for kind in kinds} == kinds


def test_importing_the_package_loads_no_library():
    # the time itself is measured in benchmarks/; this is what makes it short
    code = (
        "import sys, mothers_margins; print([m for m in ('pandas', 'numpy', 'pydantic', "
        "'yaml') if m in sys.modules])"
    )
    shown = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout
    assert shown.strip() == "[]"


def test_every_public_name_is_there_documented_and_used_in_a_test():
    tests = "".join(
        path.read_text(encoding="utf-8") for path in (REPOSITORY / "tests").rglob("test_*.py")
    )
    types = {name for name in mm.__all__ if name[0].isupper()}  # what verbs take, return or raise
    for name in mm.__all__:
        assert getattr(mm, name).__doc__, name
        assert re.search(rf"\bmm\.{name}\b", tests) or name in types, name
    with pytest.raises(AttributeError, match="no attribute 'sumarise'"):
        mm.sumarise  # noqa: B018


def test_no_module_bears_the_name_of_a_verb():
    # importing such a module would put it in the verb's place
    modules = {path.stem for path in (REPOSITORY / "src" / "mothers_margins").iterdir()}
    assert not modules & set(mm.__all__)


def test_the_names_for_type_checkers_are_the_public_names():
    # `__init__.pyi` is the one list: each name is where it says, and no other shows
    stub = REPOSITORY / "src" / "mothers_margins" / "__init__.pyi"
    listed: list[str] = []
    for statement in ast.parse(stub.read_text(encoding="utf-8")).body:
        if not isinstance(statement, ast.ImportFrom):
            continue
        for name in statement.names:
            assert name.asname == name.name, name.name  # only so a type checker takes it as public
            listed.append(name.name)
            home = importlib.import_module(statement.module)
            assert unwrap(getattr(mm, name.name)) is unwrap(getattr(home, name.name))
    assert sorted(listed) == mm.__all__
    assert len({*listed}) == len(listed)
    assert [name for name in dir(mm) if not name.startswith("_")] == mm.__all__


def test_a_sentence_shows_its_text_as_markdown():
    sentence = mm.say("**2** of 11")
    assert sentence._repr_markdown_() == repr(sentence) == "**2** of 11"


def test_jupyterlab_saves_notebooks_without_outputs():
    import runpy

    settings = REPOSITORY / "src" / "mothers_margins" / "templates" / "jupyter_config.py"
    strip = runpy.run_path(str(settings))["strip_outputs"]
    cells = [
        {"cell_type": "code", "outputs": ["a number"], "execution_count": 3, "source": "1"},
        {"cell_type": "markdown", "source": "text"},
    ]
    content = {
        "cells": cells,
        "metadata": {"language_info": {"name": "python", "version": "3.11.7"}},
    }
    strip({"type": "notebook", "content": content}, path="x", contents_manager=None)
    assert content["metadata"]["language_info"] == {"name": "python"}
    assert cells[0] == {"cell_type": "code", "outputs": [], "execution_count": None, "source": "1"}
    assert cells[1] == {"cell_type": "markdown", "source": "text"}
