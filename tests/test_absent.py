"""What a study does not have: one answer of every verb, that prints a sentence and passes on."""

import copy
import pickle

import pandas as pd
import pytest
from IPython.core.formatters import DisplayFormatter

import mothers_margins as mm
from mothers_margins.absent import WHY, AbsenceError, absent, answering, not_there
from mothers_margins.analysis.data_check import impossible
from tests.small_project import REPOSITORY

NOTHING = absent("nothing_impossible")


def total(first: object, *more: object, comparisons: object = None) -> tuple[object, ...]:
    return first, *more, comparisons


def test_a_verb_answers_with_it_and_the_library_raises(six_women):
    with pytest.raises(AbsenceError, match="This study declares nothing impossible"):
        impossible(six_women)
    answer = mm.impossible(six_women)
    assert isinstance(answer, mm.Absent)
    assert str(answer) == "This study declares nothing impossible."
    assert str(mm.tally(answer, "Caption")) == str(answer)


def test_a_mistake_is_an_error_as_ever(six_women):
    with pytest.raises(mm.UsageError, match="did you mean 'house'"):
        mm.summarise(six_women, ["hous"])
    with pytest.raises(TypeError):
        mm.tally()


def test_whatever_is_made_from_it_is_absent_for_the_same_reason():
    assert NOTHING.to_frame() == NOTHING
    assert NOTHING["variable"] == NOTHING
    assert NOTHING.log()["n"].sum() == NOTHING
    assert not NOTHING
    assert [*NOTHING] == []
    assert mm.say("\n".join(NOTHING)) is None


def test_jupyter_shows_its_sentence_and_no_more():
    data, _ = DisplayFormatter().format(NOTHING)
    assert data == {"text/plain": str(NOTHING), "text/markdown": str(NOTHING)}


def test_it_can_be_copied_and_sent_to_a_worker():
    assert copy.deepcopy(NOTHING) == NOTHING
    assert pickle.loads(pickle.dumps(NOTHING)) == NOTHING  # noqa: S301
    error = pickle.loads(pickle.dumps(not_there("nobody", "Left")))  # noqa: S301
    assert isinstance(error, AbsenceError)
    assert error.problems == ("Left",)


def test_absent_ones_of_several_are_left_out():
    verb = answering(total)
    assert verb(1, NOTHING, 2) == (1, 2, None)
    assert verb([NOTHING, 1]) == ([1], None)
    assert verb([NOTHING]) == NOTHING
    assert verb([]) == ([], None)
    assert verb({"x": {NOTHING: 1}}) == NOTHING
    assert verb(NOTHING, 1) == NOTHING
    assert verb(1, comparisons=NOTHING) == (1, NOTHING)


def test_a_table_says_why_nothing_is_compared(six_women):
    summary = mm.summarise(six_women, ["house"], ["all", "left"])
    nobody = mm.compare(six_women, ["house"], {"x": {"visits": {"at_least": 90}}, "y": {}})
    table = mm.characteristics(summary, comparisons=nobody)
    assert "Nothing is compared, because nobody is in a group: x." in str(table)
    assert "Difference" not in str(table)


def test_every_reason_is_one_sentence_that_a_verb_gives():
    package = REPOSITORY / "src" / "mothers_margins"
    source = " ".join(path.read_text(encoding="utf-8") for path in package.rglob("*.py"))
    for code, sentence in WHY.items():
        assert source.count(f'"{code}"') > 1, code
        assert sentence.endswith("."), code
        assert sentence.count(". ") == 0, code


def test_it_is_not_taken_for_a_missing_value():
    assert not pd.isna(NOTHING)


def test_what_was_not_done_is_listed_with_why():
    said = mm.not_done({"One": NOTHING, "Two": "too few", "Three": "", "Four": 4}, "All were.")
    assert str(said) == f"- One: {NOTHING}\n- Two: too few"
    assert str(mm.not_done({"Three": ""}, "All were.")) == "All were."
    assert str(mm.not_done({}, "All were.")) == "This study declares none."


def test_only_what_is_there_is_saved(six_women, tmp_path):
    made = {"numbers": mm.summarise(six_women, ["house"]), "refused": NOTHING}
    assert str(mm.save_all(made)).endswith("internal/small/numbers.csv`")
    assert [path.stem for path in tmp_path.rglob("internal/small/*.csv")] == ["numbers"]


def test_which_test_says_where_fishers_is_quoted_and_what_is_not_tested(demo):
    between = ("involved_t1", "not_involved_t1")
    said = mm.which_test(mm.compare(demo, ["ethnicity", "age_years", "safeguarding_t1"], between))
    exact, untested = str(said).splitlines()
    assert exact == "- Fisher's exact test is quoted: Ethnicity."
    assert untested == "- Not tested: Safeguarding category of infant at timepoint 1."


def test_a_figure_of_nothing_says_why_whatever_stands_beside_it(six_women):
    assert mm.forest(NOTHING, cells=NOTHING) == NOTHING
    assert mm.forest(NOTHING, cells=mm.missingness(six_women, ["house"])) == NOTHING
    assert mm.distributions(mm.bin_counts(six_women, NOTHING)) == NOTHING
