"""What the comparison groups of an exploratory outcome hold."""

import mothers_margins as mm


def test_other_steps_are_named_also_the_more_serious_one():
    said = str(mm.without_it(mm.read_study("esmi"), "cpp_t1"))
    assert (
        "(Safeguarding category of infant at timepoint 1: none; assessment or referral; "
        "child in need plan; looked after or court order)" in said
    )
    assert "child protection plan" not in said


def test_an_outcome_of_several_variables_has_no_other_steps():
    assert mm.without_it(mm.read_study("esmi"), "cpp_either") is None
