"""What is left of a progress report: one line in a notebook, plain lines elsewhere, none in the
batch.
"""

import nbformat
from nbclient import NotebookClient

from mothers_margins import places
from mothers_margins.analysis.missing_data.progress import shown

REPORT = """
from mothers_margins.analysis.missing_data.progress import shown
with shown("impute", 20) as report:
    for done in range(1, 21):
        report(done)
"""


def test_a_notebook_keeps_one_line(monkeypatch):
    """The source is also in the kernel's own words: its one output says that all are done."""
    monkeypatch.delenv(places.STAGE, raising=False)
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(REPORT)])
    NotebookClient(notebook, kernel_name="python3").execute()
    (output,) = notebook.cells[0].outputs
    assert output["data"] == {"text/plain": "impute: 20 of 20"}


def test_plain_lines_where_nobody_watches(monkeypatch, capsys):
    monkeypatch.delenv(places.STAGE, raising=False)
    with shown("impute", 20) as report:
        for done in range(1, 21):
            report(done)
    assert capsys.readouterr().out.splitlines() == [
        f"impute: {done} of 20" for done in (4, 8, 12, 16, 20)
    ]


def test_nothing_in_the_batch_or_if_unwanted(monkeypatch):
    monkeypatch.setenv(places.STAGE, "stage")
    with shown("impute", 20) as report:
        assert report is None
    monkeypatch.delenv(places.STAGE)
    with shown("impute", 20, wanted=False) as report:
        assert report is None
