"""Limits of summaries, and words that say more than an association."""

import pytest

from mothers_margins.errors import StudyError
from mothers_margins.report.final_report import final_report

LONG = "considerate, deliberate, sensitive, educational, universal, extraordinary"


def faults(small, *, restricted=False) -> tuple[str, ...]:
    with pytest.raises(StudyError, match="summaries") as caught:
        final_report(small.released(restricted=restricted))
    return caught.value.problems


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("03_plain.md", "They told us. ", "", "words; a plain summary has 400 to 850"),
        ("03_plain.md", "with care.", f"with {LONG} attention.", "SMOG"),
        ("03_plain.md", "many people", "many of the sample", "'sample'; say: people"),
        ("02_summary.md", "are left", "are left. " + "Word " * 900, "do not fit two pages"),
        ("02_summary.md", "are left", "are left, with odds of their own", "speaks of no odds"),
        ("10_findings.md", "## Who", "## Who\n\nSmoking leads to walking.", "'leads to' says more"),
        ("10_findings.md", "## Who", "## Who\n\nA risk factor.", "'risk factor' says more"),
    ],
)
def test_what_is_refused(small, file, old, new, said):
    small.change(file, old, new)
    found = faults(small)
    assert any(said in fault and fault.startswith(file) for fault in found), found


def test_what_denies_a_cause_is_no_causal_claim(small):
    small.change("10_findings.md", "## Who", "## Who\n\nThese are associations, not effects.")
    assert final_report(small.released()).chapters


def test_key_findings_are_few(small):
    small.change("01_key.md", "- {{size", "- one\n- two\n- three\n- four\n- five\n- {{size")
    assert "6 key findings; at most 5" in faults(small, restricted=True)[0]
