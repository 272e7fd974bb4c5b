"""Typed numbers are found; numbers with a meaning, references and links are not."""

import pytest

from mothers_margins.places import project
from mothers_margins.report.report_file import read_written
from mothers_margins.report.typed_numbers import typed_numbers

ALLOWED = ("timepoint 1", "2021", "18 November 2021", "in 100")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("41 mothers", ["41"]),
        ("41.4% and 1,234", ["41.4%", "1,234"]),
        ("p <0.001", ["<0.001"]),
        ("£8.1 billion", ["£8.1"]),
        ("Twenty-two of them, more than half", ["Twenty", "half"]),
        ("twice as many, a majority", ["twice", "majority"]),
        ("On 18 November 2021, at Timepoint 1, in 100", []),
        ("at timepoint 12", ["12"]),
        ("{{cell: t_1; a; 2; b_3}} of {{size: t; c}}", []),
        ("[Table](#table_model_t1) and https://osf.io/y1", []),
        ("two studies, three readings", []),
    ],
)
def test_what_is_found(text, found):
    assert [number for _, number in typed_numbers(text, ALLOWED)] == found


def test_the_line_is_named():
    assert list(typed_numbers("# A\n\nb 7", ())) == [(3, "7")]


def test_no_prose_of_a_study_in_the_project_holds_a_typed_number(esmi):
    """The prose as it is stored, before any reference is resolved."""
    folder = project() / "data_dictionary" / "esmi" / "report"
    written = read_written(esmi, folder)
    allowed = [one.text for one in written.facts.allowed]
    found = {name: list(typed_numbers(text, allowed)) for name, text in written.texts.items()}
    assert {name: numbers for name, numbers in found.items() if numbers} == {}


def test_prose_has_no_quotations_and_no_words_that_blame(esmi):
    """Nobody's words are invented, and no mother is spoken of as a lack."""
    written = read_written(esmi)
    for name, text in written.texts.items():
        assert not any(sign in text for sign in ('"', "“", "”", "\n> ")), name
        for word in (
            "vulnerable mothers",
            "at-risk",
            "non-compliant",
            "failed",
            "victim",
            "abuser",
        ):
            assert word not in text.lower(), (name, word)
