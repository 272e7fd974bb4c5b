"""PDF from blocks: no text of a reader is an instruction, and no picture goes without its words."""

import subprocess
from shutil import which

import pytest

from mothers_margins.documents.pdf import Block, pdf

typst = pytest.importorskip("typst")


def test_text_is_never_an_instruction(tmp_path):
    hostile = '#panic("no") $x$ *bold* "quoted" \\ [cell] // gone'
    made = pdf([Block("title", "A title"), Block("text", hostile), Block("item", hostile)], "T")
    if which("pdftotext"):
        (tmp_path / "a.pdf").write_bytes(made)
        call = ["pdftotext", "-layout", str(tmp_path / "a.pdf"), "-"]
        said = subprocess.run(call, capture_output=True, check=True, text=True).stdout
        assert said.count("// gone") == 2
        assert said.count('#panic("no")') == 2


def test_a_document_without_a_title_is_no_accessible_pdf():
    """Typst refuses what PDF/UA-1 does not allow; so the standard is asked for."""
    with pytest.raises(typst.TypstError, match="title"):
        pdf([Block("title", "A title")], "")
