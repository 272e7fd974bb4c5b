"""Pages of executed notebooks: figures in them, and cells that look for faults of figures."""

from pathlib import Path

import nbformat
import pytest
from docx import Document

from mothers_margins.batch.pages import write_page
from mothers_margins.batch.word_page import write_word
from mothers_margins.figures.figure import Figure
from mothers_margins.figures.page import EDGE, on_both
from mothers_margins.results.results import About
from mothers_margins.study.source import Source

ALT = "A word that stands for a figure."


@pytest.fixture
def figure(esmi) -> Figure:
    about = About("summaries", esmi, Source("synthetic", 1, "Made up."), {})
    return on_both(
        7.1,
        about,
        lambda page: page.end(
            page.write(EDGE, page.top, "Word"), [], "one", ALT, caption="One word"
        ),
    )


def written(folder: Path, *cells: nbformat.NotebookNode) -> Path:
    path = folder / "made.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[*cells]), path)
    return path


def shown(figure: Figure) -> nbformat.NotebookNode:
    data, metadata = figure._repr_mimebundle_()
    output = nbformat.v4.new_output("display_data", data, metadata=metadata)
    return nbformat.v4.new_code_cell("figure", outputs=[output])


def faults(*lines: str) -> nbformat.NotebookNode:
    outputs = [nbformat.v4.new_output("stream", text=line) for line in lines]
    return nbformat.v4.new_code_cell(
        "look_for_faults()", outputs=outputs, metadata={"tags": ["faults"]}
    )


def test_a_cell_that_found_no_fault_leaves_nothing(tmp_path):
    others = nbformat.v4.new_code_cell("set_up()")
    page = write_page(written(tmp_path, others, faults()), tmp_path / "a.html", "T", private=False)
    text = page.read_text(encoding="utf-8")
    assert text.count("<details") == 1  # the code of the other cell, which shows nothing either
    assert "look_for_faults" not in text
    page = write_page(written(tmp_path, faults("too small")), page, "T", private=False)
    text = page.read_text(encoding="utf-8")
    assert "look_for_faults" in text
    assert "too small" in text


def test_a_figure_is_there_once_with_both_drawings(figure, tmp_path):
    page = write_page(written(tmp_path, shown(figure)), tmp_path / "a.html", "T", private=False)
    text = page.read_text(encoding="utf-8")
    assert text.count(f'alt="{ALT}"') == text.count("<img") == text.count("<source") == 1
    assert 'media="screen and (max-width: 717px)"' in text


def test_in_word_the_wide_drawing_stands_once(figure, tmp_path):
    target = tmp_path / "a.docx"
    write_word(written(tmp_path, shown(figure), faults()), target, "T", "MARK", internal=False)
    (picture,) = Document(str(target)).inline_shapes
    assert picture._inline.docPr.get("descr") == ALT
    # 7.1 inches are a little more than a page has between its margins; the other has 3.7
    assert 6 < picture.width.inches <= 7.1
