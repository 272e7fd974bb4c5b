"""Parameters of notebooks as papermill's command line hands them over."""

import re

import pytest
from papermill.cli import _resolve_type

import mothers_margins as mm


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("true", True),
        ("True", True),
        ("TRUE", True),
        ("tRue", True),
        ("false", False),
        ("False", False),
        ("FALSE", False),
    ],
)
def test_true_and_false_are_understood_in_any_capitals(typed, expected):
    assert mm.true_or_false("percent", _resolve_type(typed)) is expected
    assert mm.true_or_false("percent", typed) is expected  # as `papermill -r` hands it over


@pytest.mark.parametrize("typed", ["no", "yes", "0", "1", "0.0", "none", "", " false", "fa1se"])
def test_anything_else_is_refused_with_what_is_allowed(typed):
    allowed = r"^percent: must be true or false, in any capitals; it was given "
    with pytest.raises(mm.UsageError, match=allowed) as refusal:
        mm.true_or_false("percent", _resolve_type(typed))
    assert not re.search(r"fa1se|yes", str(refusal.value))
    with pytest.raises(mm.UsageError, match="it was given another text"):
        mm.true_or_false("percent", typed)


@pytest.mark.parametrize("given", [None, 0, 1, 0.0, [], [False]])
def test_what_python_takes_for_true_or_false_is_neither(given):
    with pytest.raises(mm.UsageError, match=f"it was given {type(given).__name__}"):
        mm.true_or_false("percent", given)


@pytest.mark.parametrize(("given", "expected"), [(1, 1), (2, 2), ("2", 2)])
def test_a_timepoint_is_one_of_the_studys(esmi, given, expected):
    assert mm.timepoint_of(esmi, given) == expected


@pytest.mark.parametrize("given", [0, 3, "3", "first", True, 1.0, None])
def test_another_timepoint_is_refused_with_those_that_are_allowed(esmi, given):
    with pytest.raises(mm.UsageError, match=r"^timepoint: study esmi has no .*Allowed: 1, 2\.$"):
        mm.timepoint_of(esmi, given)


def test_a_study_that_names_no_timepoint_has_one(study):
    assert mm.timepoint_of(study, 1) == 1
    with pytest.raises(mm.UsageError, match=r"Allowed: 1\.$"):
        mm.timepoint_of(study, 2)


def test_an_outcome_is_an_exploratory_one(esmi, study):
    assert mm.outcome_of(esmi, "custody_lost") == "custody_lost"
    assert mm.outcome_of(esmi, "") == "cpp_t1"
    with pytest.raises(
        mm.UsageError, match=r"no outcome 'cpp_t3'; did you mean 'cpp_t2'\? Allowed"
    ):
        mm.outcome_of(esmi, "cpp_t3")
    assert str(mm.outcome_of(study, "")) == "This study declares no exploratory outcome."
    with pytest.raises(
        mm.UsageError, match=r"^outcome: study hscc_2019 declares none; leave it out"
    ):
        mm.outcome_of(study, "cpp_t1")


def test_a_model_is_the_first_that_explains_the_outcome(esmi, study):
    assert mm.model_of(esmi, "", "involved_t1") == "protocol"
    assert mm.model_of(esmi, "", "cpp_t1") == "exploratory"
    assert mm.model_of(esmi, "all_levels", "involved_t1") == "all_levels"
    with pytest.raises(mm.UsageError, match=r"no model 'protocl'; did you mean 'protocol'\?"):
        mm.model_of(esmi, "protocl", "involved_t1")
    assert not mm.model_of(study, "", study.first_outcome)
