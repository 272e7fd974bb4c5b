"""Typst: the same bytes for the same source, and no document that the standard does not allow."""

import pytest

from mothers_margins.documents.typeset import as_string, typeset

typst = pytest.importorskip("typst")


def test_the_same_source_makes_the_same_bytes():
    source = '#set document(title: "T")\n= A'
    assert typeset(source, {}) == typeset(source, {})


def test_a_picture_without_alt_text_is_refused():
    from mothers_margins.figures.figure import Drawing, Figure

    drawing = Figure("a", Drawing(figsize=(1, 1)), "alt", "")
    source = '#set document(title: "T")\n= A\n#image("a.png")'
    with pytest.raises(typst.TypstError, match="alt"):
        typeset(source, {"a.png": drawing.png()})


def test_a_text_cannot_leave_its_string():
    hostile = '" #panic("no") \\'
    assert typeset(f'#set document(title: "T")\n= A\n#text({as_string(hostile)})', {})
