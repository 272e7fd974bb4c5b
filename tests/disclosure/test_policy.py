"""Policies say all that is missing at once, with the lines to add; a veto covers what it names."""

import pickle

import pytest
import yaml

from mothers_margins.disclosure.policy import PRESETS, Policy, PolicyError, Veto, preset

SAID = {
    "not_known": "protected",
    "follow_up": "shown",
    "precedence": ["table_1", "needs"],
    "author": "the team",
    "reason": "10 is the rule",
}
PUBLIC = {"author": "the team", "reason": "it was printed"}
RULES = {"threshold": 10, "feasible": 3, "symbol": "[c]", "counts": True, "smallest_group": 0}


def policy(**changes) -> Policy:
    return Policy(name="own", **{**RULES, **SAID, **changes})


def test_the_presets_are_what_the_issue_says():
    ten = preset("threshold_10", **SAID)
    assert (ten.threshold, ten.feasible, ten.symbol, ten.counts) == (10, 3, "[c]", True)
    assert (ten.mean_from, ten.median_from, ten.quartiles_from) == (10, 20, 40)
    assert ten.minimum_and_maximum is False
    assert ten.precedence == ("table_1", "needs")
    slides = preset("leag_slides", **SAID)
    assert (slides.counts, slides.smallest_group) == (False, 50)
    public = preset("already_public", **PUBLIC)
    assert public.is_public
    assert not ten.is_public


def test_all_that_is_missing_is_said_at_once_with_the_lines_to_add():
    with pytest.raises(PolicyError) as raised:
        preset("threshold_10")
    error = raised.value
    assert isinstance(error, ValueError)
    assert error.problems == (
        "not_known: is missing",
        "follow_up: is missing",
        "precedence: is missing",
        "decided_by: is missing",
        "reason: is missing",
    )
    added = yaml.safe_load(error.lines.split("\n", 1)[1])["disclosure"]
    assert [*added] == ["not_known", "follow_up", "precedence", "decided_by", "reason"]
    added["author"] = added.pop("decided_by")
    assert preset("threshold_10", **added).not_known == "protected"  # the lines are enough
    assert str(error).startswith("The disclosure policy 'threshold_10' is not complete.\n  not_")


def test_only_what_is_missing_is_asked_for():
    with pytest.raises(PolicyError) as raised:
        preset("threshold_10", **{**SAID, "reason": " "})
    assert raised.value.problems == ("reason: is missing",)
    assert raised.value.lines == "Add to study.yaml:\ndisclosure:\n  reason: WHY"


def test_a_name_that_is_no_preset_says_what_else_is_missing():
    with pytest.raises(PolicyError) as raised:
        preset("threshold_1", author="the team", reason="why")
    assert raised.value.problems[0].startswith("policy: must be one of threshold_10, leag_slides")
    assert "not_known: is missing" in raised.value.problems
    assert "  policy: threshold_10\n  not_known:" in raised.value.lines


def test_of_what_is_public_nothing_is_protected_and_nothing_asked():
    with pytest.raises(PolicyError) as raised:
        preset("already_public", not_known="protected", **PUBLIC)
    assert raised.value.problems[0].startswith("not_known: says nothing")
    assert raised.value.lines == ""


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("threshold", 2),
        ("threshold", True),
        ("threshold", 9.5),
        ("threshold", "10"),
        ("feasible", 2),
        ("smallest_group", -1),
        ("symbol", ""),
        ("symbol", "<10"),
        ("symbol", "=c"),
        ("symbol", "a\u202eb"),
        ("counts", "no"),
        ("minimum_and_maximum", True),
        ("mean_from", 2),
        ("median_from", 9),  # a median says more than a mean
        ("quartiles_from", 19),
        ("not_known", "hidden"),
        ("follow_up", ["shown"]),
        ("precedence", "table_1"),
        ("precedence", ["table_1", "table_1"]),
        ("precedence", [["table_1"]]),
        ("precedence", {"table_1": 1}),
        ("author", {"name": "x"}),
        ("author", "a\x00b"),
        ("reason", 7),
    ],
)
def test_a_wrong_field_is_named(field, value):
    with pytest.raises(PolicyError) as raised:
        policy(**{field: value})
    called = {"author": "decided_by"}.get(field, field)
    assert [problem.split(":")[0] for problem in raised.value.problems] == [called]


def test_every_wrong_field_is_named_together():
    with pytest.raises(PolicyError) as raised:
        policy(threshold=1, feasible=1, symbol=5, counts=0, not_known="", author="")
    assert len(raised.value.problems) == 6


@pytest.mark.parametrize("name", PRESETS)
@pytest.mark.parametrize("hostile", [[], {}, 1e999, "x" * 10**6, b"\xff", ["\x00"], object()])
def test_whatever_yaml_gives_ends_in_a_policy_error(name, hostile):
    given = dict.fromkeys(SAID, hostile)
    with pytest.raises(PolicyError):
        preset(name, **given)
    with pytest.raises(PolicyError):
        preset(hostile, **SAID)


def test_a_policy_cannot_be_changed_and_says_all_of_itself():
    made = policy()
    with pytest.raises(AttributeError):
        made.threshold = 3
    assert Policy(**made.fields()) == made


def test_the_error_travels_between_processes():
    with pytest.raises(PolicyError) as raised:
        preset("leag_slides")
    again = pickle.loads(pickle.dumps(raised.value))  # noqa: S301
    assert str(again) == str(raised.value)


# ---- the veto

BY = {"who": "a mother of the group", "when": "2026-11-27", "why": "recognisable"}


def test_a_veto_covers_what_it_names_and_empty_is_all():
    table = Veto(table="table_1", **BY)
    assert table.covers("table_1", "age", "", "all")
    assert not table.covers("needs", "age", "", "all")
    row = Veto(table="table_1", variable="diagnosis", level="schizophrenia", **BY)
    assert row.covers("table_1", "diagnosis", "schizophrenia", "lssi")
    assert not row.covers("table_1", "diagnosis", "depression", "lssi")
    cell = Veto(table="table_1", variable="age", level="<25", group="hssi", **BY)
    assert cell.covers("table_1", "age", "<25", "hssi")
    assert not cell.covers("table_1", "age", "<25", "all")
    everywhere = Veto(variable="ethnicity", **BY)
    assert everywhere.covers("needs", "ethnicity", "Black", "all")


def test_an_incomplete_veto_says_all_that_is_missing():
    with pytest.raises(PolicyError) as raised:
        Veto(level="Yes")
    said = [problem.split(":")[0] for problem in raised.value.problems]
    assert said == ["table", "variable", "who", "why", "when"]
    assert "who: NAME" in raised.value.lines


@pytest.mark.parametrize("when", ["", "yesterday", "2026-13-01", 20261127, None])
def test_a_veto_needs_its_date(when):
    with pytest.raises(PolicyError, match="when"):
        Veto(table="table_1", **{**BY, "when": when})
