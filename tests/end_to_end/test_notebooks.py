"""Hygiene of the notebooks as they are stored. That each runs is the pytest-notebook plugin's work
(pyproject.toml).
"""

import ast
import json
import re
from pathlib import Path

import pytest

from mothers_margins.batch.notebook import read_notebook
from mothers_margins.batch.plan import declared_parameters, read_run_list
from tests.conftest import REPOSITORY

NOTEBOOKS = sorted((REPOSITORY / "notebooks").glob("*.ipynb"))
# A deck is a notebook of slides: words, numbers and length are checked as slides (tests/slides).
READ = [path for path in NOTEBOOKS if not path.stem.startswith("08_")]
of_all = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
of_read = pytest.mark.parametrize("path", READ, ids=lambda path: path.stem)


def cells(path: Path, kind: str) -> list[str]:
    content = json.loads(path.read_text(encoding="utf-8"))
    return ["".join(cell["source"]) for cell in content["cells"] if cell["cell_type"] == kind]


@of_all
def test_it_is_stored_without_outputs_or_traces_of_a_run(path):
    content = json.loads(path.read_text(encoding="utf-8"))
    assert content["metadata"]["kernelspec"]["name"] == "python3"
    assert "papermill" not in content["metadata"]
    for cell in content["cells"]:
        assert not cell.get("outputs")
        assert not cell.get("execution_count")
        slide = {"slideshow"} if path not in READ else set()
        assert set(cell["metadata"]) <= {"tags"} | slide


@of_all
def test_it_is_written_as_jupyter_writes_it(path):
    """So that saving it in JupyterLab changes nothing."""
    text = path.read_text(encoding="utf-8")
    assert text == json.dumps(json.loads(text), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


@of_all
def test_it_is_thin(path):
    code = cells(path, "code")
    assert (12 if path in READ else 8) <= len(code) <= 21
    for source in code:
        assert len(source.splitlines()) <= 6, source
        kinds = {type(node) for node in ast.walk(ast.parse(source))}
        assert not kinds & {
            ast.FunctionDef,
            ast.ClassDef,
            ast.Lambda,
            ast.For,
            ast.While,
            ast.Try,
        }, source


@of_all
def test_its_parameters_that_are_true_or_false_may_come_as_text(path):
    """`papermill -p percent false` hands over text: each is read before anything else is asked."""
    asked = declared_parameters(read_notebook(path), path.name)
    setup = cells(path, "code")[1].splitlines()
    for name in (name for name, parameter in asked.items() if parameter.type is bool):
        reading = f'{name} = mm.true_or_false("{name}", {name})'
        used = next(place for place, line in enumerate(setup) if re.search(rf"\b{name}\b", line))
        assert setup[used] == reading


@of_read
def test_it_tells_a_story(path):
    prose = cells(path, "markdown")
    assert prose[0].startswith("# ")
    assert "**Question.**" in prose[0]
    words = len(re.findall(r"\w+", " ".join(prose)))
    assert 300 <= words <= 800
    headings = [line for text in prose for line in text.splitlines() if line.startswith("## ")]
    assert all(line.endswith("?") for line in headings), headings
    assert any("does not show" in text for text in prose)


@of_read
def test_it_holds_no_path_threshold_or_result(path):
    literals = []
    for source in cells(path, "code")[1:]:
        tree = ast.parse(source)
        literals += [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    assert not [
        value
        for value in literals
        if isinstance(value, int | float) and not isinstance(value, bool)
    ]
    for text in cells(path, "code"):
        assert not re.search(r"[\"'](/|~|\.\.|[A-Z]:)|pip install|\.csv|\.dta", text)
    for text in cells(path, "markdown"):
        assert not re.search(r"\b\d+(\.\d+)?\s*(%|of the|women|mothers)", text), text


@of_all
def test_its_parameters_are_few_typed_and_explained(path):
    content = json.loads(path.read_text(encoding="utf-8"))
    declared = declared_parameters(content, path.name)
    source = next(
        "".join(c["source"])
        for c in content["cells"]
        if "parameters" in c["metadata"].get("tags", [])
    )
    assert 1 <= len(declared) <= 6
    assert all("  # " in line for line in source.splitlines())


@of_read
def test_it_words_associations_as_associations(path):
    text = (
        " ".join(cells(path, "markdown") + cells(path, "code"))
        .lower()
        .replace("complete case", "complete")
    )
    for word in (
        "risk group",
        "case ",
        "cases",
        "subject",
        "predict",
        "caused",
        "causes",
        "leads to",
        "impact of",
    ):
        assert word not in text, word


@of_all
def test_it_is_in_the_run_list(path):
    assert path.stem in {entry.notebook for entry in read_run_list().values()}
