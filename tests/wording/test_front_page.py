"""Sentences of the page for readers, from numbers worked out by hand."""

from math import log

from mothers_margins.results.shown import Hidden, Number
from mothers_margins.wording import front_page as words
from tests.planted import one


def clear(variable: str, estimate: float) -> dict:
    """Its interval is half a log-odd to each side."""
    return one(variable, "Yes", estimate, 0.2, status="shown", note="")


def test_more_and_less_frequent_by_the_side_of_the_interval(esmi):
    """exp(log 3 +- 0.5) is 1.82 to 4.95, exp(log 0.4 +- 0.5) 0.24 to 0.66; log 1.2 - 0.5 < 0."""
    rows = [
        clear("dv_any", log(3)),
        clear("substance_misuse", log(0.4)),
        clear("learning_difficulties", log(1.2)),
        clear("schizophrenia", log(5)) | {"status": "suppressed"},
    ]
    more, less, unclear, hidden = words.associated(esmi, rows)
    abuse, misuse = esmi.label("dv_any"), esmi.label("substance_misuse")
    start = "Given all others of the model, it was"
    assert more == (
        f"{start} more frequent (adjusted odds ratio, aOR, above 1) with: "
        f"{abuse}, aOR 3.00 (95% CI 1.82 to 4.95)."
    )
    assert less == (
        f"{start} less frequent (adjusted odds ratio, aOR, below 1) with: "
        f"{misuse}, aOR 0.40 (95% CI 0.24 to 0.66)."
    )
    assert unclear.startswith("For 1 of 4 comparisons the interval includes 1:")
    assert hidden == "1 estimate held back."


def test_of_how_many_an_outcome_is_recorded(esmi):
    said = words.recorded(esmi, "Involvement", Number(99), Number(278))
    assert said == "Involvement is recorded for 99 of 278 mother-infant dyads (35.6%)."
    hidden = words.recorded(esmi, "Involvement", Hidden(), Number(278))
    assert "278" not in hidden
    assert "held back" in hidden


def test_what_is_ready_is_counted():
    assert words.ready(2, 1, 0, 66) == "Ready: 2 figures, 1 main table, 66 files with numbers."
    assert words.ready(0, 0, 3, 1) == "Ready: 3 annex tables, 1 file with numbers."


def test_a_table_that_a_publication_numbered_keeps_its_number():
    assert words.table("1", "Table 2. Themes") == "Table 2. Themes"
    assert words.table("A1", "Themes") == "Table A1. Themes"
