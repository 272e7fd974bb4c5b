"""What writers use so that a label stays a label; the search, which shares no code, agrees."""

import csv
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mothers_margins.release.formula_safe import as_text_cell
from mothers_margins.release.leak_search.sheets import is_formula


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1+1", "-1+1", "@SUM(A1)", "\tx", "\rx", "\nx", "  =1", "-Yes", "＝1", "－1+1"],
)
def test_a_text_that_could_compute_gets_a_quote(text):
    assert as_text_cell(text) == "'" + text
    assert as_text_cell(as_text_cell(text)) == "'" + text


@pytest.mark.parametrize(
    "text", ["", "Yes", "-1.5", "+2", "-", "+", "-12 %", "−3", "a=b", "'=1", "[c]", "–", "-.5e3"]
)
def test_other_texts_are_left_as_they_are(text):
    assert as_text_cell(text) == text


@given(st.text(alphabet="=+-@\t\r\n ＝＋－＠'0123456789.eE%aΩ\x00", max_size=12))
def test_what_writers_make_safe_is_safe_to_the_search(text):
    assert not is_formula(as_text_cell(text))


@given(st.text(max_size=12))
def test_it_stays_safe_through_a_file(text):
    written = StringIO(newline="")
    csv.writer(written).writerow([as_text_cell(text), "x"])
    ((read, _),) = csv.reader(StringIO(written.getvalue(), newline=""))
    assert not is_formula(read)
