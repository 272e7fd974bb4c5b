"""Headers and footers: on every section, and known to the package."""

import io

from docx import Document

from mothers_margins.documents.word import word
from mothers_margins.documents.word_margins import write_margins

WIDE = "<tr>" + "".join(f"<td>number {place} of many</td>" for place in range(14)) + "</tr>"


def test_python_docx_reads_them_on_every_section(tmp_path):
    html = f"<p>a</p><table><tbody>{WIDE}</tbody></table><p>b</p>"
    path = word(
        html,
        tmp_path / "a.docx",
        "T",
        also=lambda parts, body: write_margins(parts, body, "MADE UP", "Short"),
    )
    document = Document(io.BytesIO(path.read_bytes()))
    assert len(document.sections) > 1
    for section in document.sections:
        assert section.header.paragraphs[0].text == "MADE UP"
        assert section.footer.paragraphs[0].text == "Short\t1"
