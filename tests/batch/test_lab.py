"""Notebooks as `mothers-margins lab` opens and saves them."""

import asyncio
import json
import shutil
from pathlib import Path

import pytest
from traitlets.config.loader import PyFileConfigLoader

from mothers_margins.batch.lab import LabContents
from tests.small_project import REPOSITORY

NOTEBOOKS = sorted((REPOSITORY / "notebooks").glob("*.ipynb"))


@pytest.fixture
def contents(tmp_path) -> LabContents:
    """The contents of a folder with every stored notebook, by the settings of the command."""
    for path in NOTEBOOKS:
        shutil.copy(path, tmp_path)
    folder = REPOSITORY / "src" / "mothers_margins" / "templates"
    settings = PyFileConfigLoader("jupyter_config.py", str(folder)).load_config()
    assert settings.ServerApp.contents_manager_class.endswith(".LabContents")
    return LabContents(config=settings, root_dir=str(tmp_path))


def said_by_a_kernel() -> dict[str, object]:
    """What a running kernel answers when it is asked for its language."""
    from jupyter_client.manager import run_kernel

    with run_kernel(kernel_name="python3") as client:
        return client.kernel_info(reply=True, timeout=60)["content"]["language_info"]


@pytest.mark.filterwarnings("ignore")  # of the server's libraries
def test_a_notebook_that_is_opened_has_all_that_jupyterlab_would_write(contents):
    """JupyterLab writes the language as the kernel says it, and the kernel by its specification;
    where both stand there already nothing is written, and the notebook is not marked as changed.
    """
    from jupyter_client.kernelspec import get_kernel_spec

    spec = get_kernel_spec("python3")
    language = said_by_a_kernel()
    for path in NOTEBOOKS:
        opened = asyncio.run(contents.get(path.name))["content"]
        assert opened["metadata"]["language_info"] == language, path.name
        assert opened["metadata"]["kernelspec"]["name"] == "python3"
        assert opened["metadata"]["kernelspec"]["language"] == spec.language
        assert all(cell["id"] for cell in opened["cells"]), path.name
        assert (opened["nbformat"], opened["nbformat_minor"]) == (4, 5)


@pytest.mark.filterwarnings("ignore")
def test_a_notebook_that_was_run_is_saved_as_it_was(contents, tmp_path):
    for path in NOTEBOOKS:
        model = asyncio.run(contents.get(path.name))
        code = next(cell for cell in model["content"]["cells"] if cell["cell_type"] == "code")
        code["execution_count"] = 7
        code["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "a number"}]
        saved = {key: model[key] for key in ("type", "content", "format")}
        asyncio.run(contents.save(saved, path.name))
        assert (tmp_path / path.name).read_bytes() == path.read_bytes(), path.name


@pytest.mark.filterwarnings("ignore")
def test_other_files_and_folders_are_opened_as_they_are(contents, tmp_path):
    (tmp_path / "note.txt").write_text("a note", encoding="utf-8")
    assert asyncio.run(contents.get("note.txt"))["content"] == "a note"
    assert {one["name"] for one in asyncio.run(contents.get(""))["content"]} >= {"note.txt"}
    other = json.loads(NOTEBOOKS[0].read_text(encoding="utf-8"))
    other["metadata"]["language_info"] = {"name": "R"}
    Path(tmp_path / "r.ipynb").write_text(json.dumps(other), encoding="utf-8")
    opened = asyncio.run(contents.get("r.ipynb"))["content"]
    assert opened["metadata"]["language_info"] == {"name": "R"}
