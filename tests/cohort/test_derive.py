"""Scores, derived variables, outcomes and terms of ESMI, worked by hand: what the instruments and
the protocol say.
"""

import itertools
import shutil
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mothers_margins as mm
from mothers_margins.cohort.derive import derived_anew
from mothers_margins.cohort.design_columns import coded, put_together
from mothers_margins.study.read_study import read_study
from tests.conftest import REPOSITORY

# ---- the instruments, written down here once more on purpose: the tests must not take them from
# the dictionary

REVERSED = {2, 5, 7, 13, 19, 26, 28}
SUBSCALES = {
    "ctq_emotional_abuse": (3, 8, 14, 18, 25),
    "ctq_physical_abuse": (9, 11, 12, 15, 17),
    "ctq_sexual_abuse": (20, 21, 23, 24, 27),
    "ctq_emotional_neglect": (5, 7, 13, 19, 28),
    "ctq_physical_neglect": (1, 2, 4, 6, 26),
}
# Last whole score of the bands none, low, moderate and severe.
LAST_OF_BAND = {
    "ctq_emotional_abuse": (8, 12, 15, 25),
    "ctq_physical_abuse": (7, 9, 12, 25),
    "ctq_sexual_abuse": (5, 7, 12, 25),
    "ctq_emotional_neglect": (9, 14, 17, 25),
    "ctq_physical_neglect": (7, 9, 12, 25),
}
NEVER = "not applicable: never in an adult relationship"
TOO_FEW, UNANSWERED = "too_few_items", "no_item"
BANDS = ("none or minimal", "low to moderate", "moderate to severe", "severe to extreme")
UNSETTLED = "sources_not_known"
CTQ_RULE = "reversed: [2, 5, 7, 13, 19, 26, 28]\n    rule: {items: prorate, answered: 0.8}"
SCHEMA, STUDY = "dyads.schema.yaml", "study.yaml"

Case = dict[str, str]


def filled(prefix: str, number: int, answer: int | str) -> Case:
    """A form with the same answer everywhere."""
    return {f"{prefix}_{item:02d}": str(answer) for item in range(1, number + 1)}


def ctq(answer: int | str) -> Case:
    return filled("ctq", 28, answer)


def cas(answer: int | str) -> Case:
    return filled("cas", 30, answer)


def canm(answer: int | str) -> Case:
    return filled("canm", 26, answer)


def honos(answer: int | str) -> Case:
    return filled("honos", 12, answer)


def some(prefix: str, answers: dict[int, int | str]) -> Case:
    """Single items of a form."""
    return {f"{prefix}_{item:02d}": str(answer) for item, answer in answers.items()}


def first(prefix: str, number: int, answer: int | str) -> Case:
    """The first items of a form."""
    return some(prefix, dict.fromkeys(range(1, number + 1), answer))


def of_points(subscale: str, *points: int | str) -> Case:
    """Answers to the items of a CTQ subscale that are worth so many points: 6 less the points if it
    is reversed.
    """
    answers = {
        item: 6 - point if item in REVERSED and isinstance(point, int) else point
        for item, point in zip(SUBSCALES[subscale], points, strict=True)
    }
    return some("ctq", answers)


def all_of_points(*points: int | str) -> Case:
    """The same points in all five subscales, and 5 in the three items that belong to none."""
    every = {
        name: answer
        for subscale in SUBSCALES
        for name, answer in of_points(subscale, *points).items()
    }
    return {**every, **some("ctq", {10: 5, 16: 5, 22: 5})}


@pytest.fixture(scope="session")
def ordinary(esmi) -> Case:
    """A dyad with everything recorded and nothing found; cases change single cells of it."""
    shipped = pd.read_csv(
        esmi.folder / esmi.file.data.demo, dtype="str", keep_default_na=False, nrows=1
    )
    mother = {
        "age_years": "30",
        "ethnicity": "White British",
        "relationship": "single",
        "learning_difficulties": "No",
    }
    area = {"country": "England", "deprivation_index": "IMD 2015", "deprivation_rank": "1"}
    illness = {
        "icd10_primary": "F32.1",
        "icd10_other": "none",
        "admissions_2y": "No",
        "drug_history": "No",
    }
    infant = {
        "safeguarding_t1": "none",
        "safeguarding_t2": "none",
        "custody_t2": "Yes",
        "custody_lost_by_t2": "No",
    }
    forms = (
        {"cas_ever_relationship": "Yes"}
        | all_of_points(1, 1, 1, 1, 1)
        | cas(0)
        | canm(0)
        | honos(0)
    )
    return (
        shipped.drop(columns="data_status").iloc[0].to_dict()
        | mother
        | area
        | illness
        | infant
        | forms
    )


@pytest.fixture(scope="session")
def dyads(esmi, ordinary, tmp_path_factory) -> Callable[..., mm.Cohort]:
    """A derived cohort with one dyad per case, read from a file; `without` leaves columns out."""
    path = tmp_path_factory.mktemp("dyads") / "own.csv"

    def made(*cases: Case, study: mm.Study = esmi, without: Any = ()) -> mm.Cohort:
        rows = [
            {**ordinary, "dyad_id": f"W{number}", **case} for number, case in enumerate(cases, 1)
        ]
        pd.DataFrame(rows).drop(columns=list(without)).to_csv(
            path, index=False, lineterminator="\n"
        )
        return mm.derive(mm.read_cohort(path, study))

    return made


ROWS: dict[str, tuple[Case, ...]] = {}


def rows(*cases: Case) -> Callable[[Any], Any]:
    """The dyads of the test below. Those of all tests are read as one file; each gets its own back
    as `cohort`.
    """

    def keep(test: Any) -> Any:
        ROWS[test.__name__] = cases
        return test

    return keep


@pytest.fixture(scope="session")
def everybody(dyads) -> mm.Cohort:
    return dyads(*itertools.chain.from_iterable(ROWS.values()))


@pytest.fixture
def cohort(request, everybody) -> mm.Cohort:
    name = request.node.originalname
    before = sum(
        len(cases)
        for cases in itertools.takewhile(lambda cases: cases is not ROWS[name], ROWS.values())
    )
    return at(everybody, range(before, before + len(ROWS[name])))


def at(cohort: mm.Cohort, places: Any) -> mm.Cohort:
    """Some rows of a cohort, numbered anew."""
    frames = (
        frame.iloc[list(places)].reset_index(drop=True)
        for frame in (cohort.data, cohort.reasons, cohort.scoring)
    )
    return replace(cohort, **dict(zip(("data", "reasons", "scoring"), frames, strict=True)))


@pytest.fixture
def altered_esmi(tmp_path) -> Callable[..., mm.Study]:
    """ESMI with texts of its definition replaced (file, old, new); each stands there once."""

    def alter(*changes: tuple[str, str, str]) -> mm.Study:
        folder = tmp_path / "esmi"
        shutil.copytree(REPOSITORY / "data_dictionary" / "esmi", folder)
        for file, old, new in changes:
            text = (folder / file).read_text(encoding="utf-8")
            assert text.count(old) == 1, f"'{old}' stands {text.count(old)} times in {file}"
            (folder / file).write_text(text.replace(old, new), encoding="utf-8")
        return read_study("esmi", folder)

    return alter


def plain(values: pd.Series) -> list[Any]:
    """Values row by row, None where one is missing."""
    return [None if pd.isna(value) else value for value in values]


def values(cohort: mm.Cohort, name: str) -> list[Any]:
    return plain(cohort.data[name])


def whys(cohort: mm.Cohort, name: str) -> list[Any]:
    return plain(cohort.reasons[name])


def rules(cohort: mm.Cohort, name: str) -> list[Any]:
    return plain(cohort.scoring[name])


# ---- Childhood Trauma Questionnaire


# In the third form item 1 is answered 1, item 2 with 2 … item 5 with 5, item 6 with 1 again and so
# on.
@rows(ctq(1), ctq(5), some("ctq", {item: (item - 1) % 5 + 1 for item in range(1, 29)}))
def test_ctq_subscales_and_total_of_three_whole_forms(cohort):
    expected = {
        # all 1: 5 x 1; all 5: 5 x 5; third: items 3, 8, 14, 18, 25: 3 + 3 + 4 + 3 + 5
        "ctq_emotional_abuse": [5, 25, 18],
        # items 9, 11, 12, 15, 17: 4 + 1 + 2 + 5 + 2
        "ctq_physical_abuse": [5, 25, 14],
        # items 20, 21, 23, 24, 27: 5 + 1 + 3 + 4 + 2
        "ctq_sexual_abuse": [5, 25, 15],
        # all five reversed, so all 1: 5 x 5 and all 5: 5 x 1; third: answers 5 2 3 4 3, points 1 +
        # 4 + 3 + 2 + 3
        "ctq_emotional_neglect": [25, 5, 13],
        # 2 and 26 reversed: 1 + 5 + 1 + 1 + 5; 5 + 1 + 5 + 5 + 1; answers 1 2 4 1 1, points 1 + 4 +
        # 4 + 1 + 5
        "ctq_physical_neglect": [13, 17, 15],
        # 5 + 5 + 5 + 25 + 13; 25 + 25 + 25 + 5 + 17; 18 + 14 + 15 + 13 + 15
        "ctq_total": [53, 97, 75],
        # items 10, 16, 22 answered 5: none; all; of 5, 1, 2 the first
        "ctq_denial": [0, 3, 1],
    }
    for name, numbers in expected.items():
        assert values(cohort, name) == numbers, name
        assert rules(cohort, name) == ["complete"] * 3
        assert whys(cohort, name) == [None] * 3


@rows(*({**ctq(3), **some("ctq", {item: 5})} for item in range(1, 29)))
def test_each_ctq_item_counts_in_its_own_subscale_and_seven_of_them_reversed(cohort):
    # All answers 3: every subscale 15, total 75. One answer of 5 in place of 3 adds 2, or takes 2
    # away if it is reversed, in one subscale and in the total; items 10, 16 and 22 change neither.
    for row, item in enumerate(range(1, 29)):
        change = -2 if item in REVERSED else 2
        own = [name for name, items in SUBSCALES.items() if item in items]
        found = {name: cohort.data.loc[row, name] - 15 for name in SUBSCALES}
        assert found == {name: change if name in own else 0 for name in SUBSCALES}, item
        assert cohort.data.loc[row, "ctq_total"] == 75 + (change if own else 0), item
        assert cohort.data.loc[row, "ctq_denial"] == (0 if own else 1), item


@rows(
    *(
        {**form, **some("ctq", others)}
        for form in (all_of_points(1, 1, 1, 1, 1), all_of_points(5, 5, 5, 5, 5))
        for others in ({}, {10: 1, 16: 1, 22: 1}, {10: ".b", 16: "", 22: ".d"})
    )
)
def test_the_ctq_total_runs_from_25_to_125_whatever_the_three_other_items_say(cohort, esmi):
    # 25 items of 1 point, 25 items of 5; 28 items would give 28 and 140
    assert values(cohort, "ctq_total") == [25, 25, 25, 125, 125, 125]
    assert rules(cohort, "ctq_total") == ["complete"] * 6
    assert esmi.limits("ctq_total") == (25, 125)
    assert {esmi.limits(name) for name in SUBSCALES} == {(5, 25)}


@rows(
    *(
        some("ctq", dict(zip((10, 16, 22), three, strict=True)))
        for three in [
            (5, 5, 5),
            (5, 5, 1),
            (5, 4, 4),
            (4, 4, 4),
            (1, 1, 1),
            (5, 5, ".b"),
            (".a", ".a", ".a"),
        ]
    )
)
def test_minimisation_counts_answers_of_5_and_is_no_sum(cohort, esmi):
    # A sum would be 15, 11, 13, 12, 3; reversed items would count the ones: 0, 1, 0, 0, 3
    assert values(cohort, "ctq_denial") == [3, 2, 1, 0, 0, None, None]
    assert whys(cohort, "ctq_denial")[5:] == [TOO_FEW, "form not completed"]
    assert values(cohort, "ctq_total") == [25] * 7
    assert esmi.limits("ctq_denial") == (0, 3)


# Physical neglect: items 1, 2, 4, 6, 26, of which 2 and 26 are reversed.
@rows(
    some("ctq", {1: 2, 2: ".b", 4: 3, 6: 1, 26: 1}),
    some("ctq", {1: ".b", 2: 1, 4: 3, 6: 1, 26: 2}),
    some("ctq", {1: ".b", 2: ".b", 4: 3, 6: 1, 26: 2}),
)
def test_a_ctq_subscale_is_prorated_after_reversing(cohort):
    # points 2 + 3 + 1 + 5 = 11, x 5/4 = 13.75; filling in the mean answer (7/4) and then reversing
    # would give 15.25 points 5 + 3 + 1 + 4 = 13, x 5/4 = 16.25; filling in the mean answer (7/4)
    # would give 14.75
    assert values(cohort, "ctq_physical_neglect") == [13.75, 16.25, None]
    assert rules(cohort, "ctq_physical_neglect") == ["prorated", "prorated", TOO_FEW]
    assert whys(cohort, "ctq_physical_neglect") == [None, None, TOO_FEW]
    # the other four subscales are complete with 5 points each
    assert values(cohort, "ctq_total") == [33.75, 36.25, None]
    assert rules(cohort, "ctq_total") == ["prorated", "prorated", TOO_FEW]
    assert whys(cohort, "ctq_total") == [None, None, TOO_FEW]
    assert rules(cohort, "ctq_sexual_abuse") == ["complete"] * 3


@rows(
    of_points("ctq_emotional_abuse", 5, 5, 5, 5, ".b"),
    all_of_points(2, 2, 2, 2, ".b"),
    {**all_of_points(2, 2, 2, 2, ".b"), **of_points("ctq_sexual_abuse", 2, 2, 2, ".b", ".b")},
)
def test_the_ctq_total_is_the_sum_of_prorated_subscales_and_not_prorated_itself(cohort):
    # 20 x 5/4 + 4 x 5 = 45; 24 of 25 items prorated together would give (20 + 20) x 25/24 = 41.67
    # 5 x (8 x 5/4) = 50, with 20 of 25 items answered
    # 19 of 25 are not enough here, because 3 of 5 are not
    assert values(cohort, "ctq_total") == [45, 50, None]
    assert rules(cohort, "ctq_total") == ["prorated", "prorated", TOO_FEW]
    assert values(cohort, "ctq_sexual_abuse") == [5, 10, None]


@rows(
    *(
        all_of_points(*(score // 5 + (place < score % 5) for place in range(5)))
        for score in range(5, 26)
    )
)
def test_ctq_bands_at_every_whole_score(cohort):
    scores = range(5, 26)
    for name, lasts in LAST_OF_BAND.items():
        assert values(cohort, name) == list(scores)
        expected = [
            next(band for band, last in zip(BANDS, lasts, strict=True) if score <= last)
            for score in scores
        ]
        assert values(cohort, f"{name}_band") == expected, name


@rows(
    all_of_points(2, 2, 1, 1, ".b"),  # 6 x 5/4 = 7.5
    all_of_points(2, 2, 2, 1, ".b"),  # 7 x 5/4 = 8.75
    all_of_points(3, 3, 2, 2, ".b"),  # 10 x 5/4 = 12.5
    all_of_points(3, 3, 3, 2, ".b"),  # 11 x 5/4 = 13.75
    all_of_points(3, 3, 3, 3, ".b"),  # 12 x 5/4 = 15
    all_of_points(4, 4, 3, 3, ".b"),  # 14 x 5/4 = 17.5
    all_of_points(5, 5, 5, ".b", ".b"),
)
def test_prorated_ctq_scores_are_banded_unrounded(cohort):
    none, low, moderate, severe = BANDS
    expected = {
        # low, moderate and severe begin at 9, 13 and 16: 8.75 and 12.5 are below, however they
        # would be rounded
        "ctq_emotional_abuse": [none, none, low, moderate, moderate, severe, None],
        # 8, 10, 13
        "ctq_physical_abuse": [none, low, moderate, severe, severe, severe, None],
        # 6, 8, 13
        "ctq_sexual_abuse": [low, moderate, moderate, severe, severe, severe, None],
        # 10, 15, 18
        "ctq_emotional_neglect": [none, none, low, low, moderate, moderate, None],
        # 8, 10, 13
        "ctq_physical_neglect": [none, low, moderate, severe, severe, severe, None],
    }
    for name, bands in expected.items():
        assert values(cohort, name) == [7.5, 8.75, 12.5, 13.75, 15, 17.5, None]
        assert values(cohort, f"{name}_band") == bands, name
        assert whys(cohort, f"{name}_band") == [None] * 6 + [TOO_FEW]
        assert cohort.data[f"{name}_band"].cat.ordered


# ---- Composite Abuse Scale


@rows(
    {"cas_ever_relationship": "No", **cas(".n")},
    {"cas_ever_relationship": "No", **cas(".a")},
    {"cas_ever_relationship": "Yes", **cas(".a")},
    {"cas_ever_relationship": ".a", **cas(".a")},
    {
        "cas_ever_relationship": ".a",
        **cas(0),
        **some("cas", {1: 2, 30: 5}),
    },  # 2 + 5: the answers speak
    {"cas_ever_relationship": "Yes", **cas(0)},
)
def test_a_closed_gate_is_not_applicable_and_a_skipped_form_is_not_zero(cohort, esmi):
    assert values(cohort, "cas_total") == [None, None, None, None, 7, 0]
    assert whys(cohort, "cas_total") == [
        NEVER,
        NEVER,
        "form not completed",
        "form not completed",
        None,
        None,
    ]
    assert (
        rules(cohort, "cas_total") == ["not_applicable"] * 2 + [UNANSWERED] * 2 + ["complete"] * 2
    )
    for name in ("dv_any", "dv_any_7"):
        assert values(cohort, name) == ["No", "No", None, None, "Yes", "No"]
        assert whys(cohort, name) == [
            None,
            None,
            "form not completed",
            "form not completed",
            None,
            None,
        ]
    assert esmi.limits("cas_total") == (0, 150)


def test_items_behind_a_closed_gate_are_refused(dyads):
    with pytest.raises(
        mm.DataError, match=r"1 row with Composite Abuse Scale.* answered, which cannot be"
    ):
        dyads({}, {"cas_ever_relationship": "No", **cas(".n"), **some("cas", {7: 0})})


@rows(*(some("cas", {1: first, 2: second}) for first, second in [(2, 0), (3, 0), (5, 1), (5, 2)]))
def test_the_cut_offs_of_domestic_abuse_count_from_themselves(cohort):
    assert values(cohort, "cas_total") == [2, 3, 6, 7]
    assert values(cohort, "dv_any") == ["No", "Yes", "Yes", "Yes"]
    assert values(cohort, "dv_any_7") == ["No", "No", "No", "Yes"]


@rows(
    {**first("cas", 6, ".b"), **some("cas", {29: 5, 30: 3})},  # 24 answered: 8 x 30/24
    {
        **first("cas", 7, ".b"),
        **some("cas", {29: 5, 30: 3}),
    },  # 23 answered, which add up to 8 already
    {**first("cas", 7, ".b"), **some("cas", {30: 2})},  # 23 answered, which settle nothing
    {**first("cas", 6, ".b"), **some("cas", {30: 2})},  # 2 x 30/24, below 3
    {**first("cas", 6, ".b"), **some("cas", {30: 3})},  # 3 x 30/24
    {**first("cas", 5, ".b"), **some("cas", {29: 5})},  # 25 answered: 5 x 30/25
)
def test_the_abuse_scale_is_prorated_from_24_of_30_items(cohort):
    assert values(cohort, "cas_total") == [10, None, None, 2.5, 3.75, 6]
    assert rules(cohort, "cas_total") == [
        "prorated",
        TOO_FEW,
        TOO_FEW,
        "prorated",
        "prorated",
        "prorated",
    ]
    assert values(cohort, "cas_observed") == [8, 8, 2, 2, 3, 5]
    assert values(cohort, "dv_any") == ["Yes", "Yes", None, "No", "Yes", "Yes"]
    assert whys(cohort, "dv_any") == [None, None, TOO_FEW, None, None, None]
    assert values(cohort, "dv_any_7") == ["Yes", "Yes", None, "No", "No", "No"]


def test_gated_out_can_be_declared_to_exclude(dyads, altered_esmi):
    study = altered_esmi((STUDY, 'gated_out: "no"  # exclude', "gated_out: exclude  #"))
    cohort = dyads(
        {"cas_ever_relationship": "No", **cas(".n")}, cas(1), cas(0), cas(".a"), study=study
    )
    assert values(cohort, "dv_any") == [None, "Yes", "No", None]
    assert whys(cohort, "dv_any") == [NEVER, None, None, "form not completed"]
    assert values(cohort, "dv_any_7") == ["No", "Yes", "No", None]  # left as it was
    assert values(cohort, "dv_any_ever_related") == values(
        cohort, "dv_any"
    )  # the declared alternative is just this


def test_a_closed_gate_decides_on_its_own_scale_only(dyads, altered_esmi):
    rule = '{cas_observed: {at_least: 3}}]\n    gated_out: "no"'
    study = altered_esmi((STUDY, rule, rule.replace("]", ', {canm_19: "2"}]')))
    closed = {"cas_ever_relationship": "No", **cas(".n")}
    cohort = dyads(
        {**closed, "canm_19": "2"},
        {**closed, "canm_19": "0"},
        {**closed, "canm_19": "9"},
        {"canm_19": "2"},
        study=study,
    )
    # no abuse by a partner, or an unmet need: true, false, not known, true
    assert values(cohort, "dv_any") == ["Yes", "No", None, "Yes"]


# ---- Camberwell Assessment of Need for Mothers


@rows(
    {**first("canm", 3, 1), **some("canm", {23: 2, 24: 2, 25: 2, 26: 2})},
    {**first("canm", 3, 1), **some("canm", {22: 9, 23: 2, 24: 2, 25: 2, 26: 2})},
    {**first("canm", 5, 9), **some("canm", {6: 1, 26: 2})},  # 21 known
    {**first("canm", 6, 9), **some("canm", {7: 1, 26: 2})},  # 20 known
    canm(9),
    canm(".a"),
    canm(2),
)
def test_needs_are_counted_among_the_known_domains_and_code_9_is_never_a_number(cohort, esmi):
    # a count scaled up from 25 domains would be 3.12 and 4.16
    assert values(cohort, "canm_met") == [3, 3, 1, None, None, None, 0]
    assert values(cohort, "canm_unmet") == [4, 4, 1, None, None, None, 26]
    assert values(cohort, "canm_needs") == [7, 7, 2, None, None, None, 26]
    # none rated is 0 rated, which is known, unlike how many needs there are
    assert values(cohort, "canm_answered") == [26, 25, 21, 20, 0, 0, 26]
    assert rules(cohort, "canm_answered")[4:6] == ["counted_among_answered"] * 2
    assert whys(cohort, "canm_answered") == [None] * 7
    for name in ("canm_met", "canm_unmet", "canm_needs"):
        partly = "counted_among_answered"
        assert rules(cohort, name) == [
            "complete",
            partly,
            partly,
            TOO_FEW,
            UNANSWERED,
            UNANSWERED,
            "complete",
        ]
        assert whys(cohort, name) == [
            None,
            None,
            None,
            TOO_FEW,
            "rated not known",
            "form not completed",
            None,
        ]
        assert esmi.limits(name) == (0, 26)  # met and unmet exclude each other


NEEDS = [
    (0, 0),
    (1, 0),
    (0, 1),
    (1, 1),
    (2, 0),
    (0, 2),
    (2, 9),
    (9, 2),
    (1, 9),
    (9, 0),
    (9, 9),
    (".a", 9),
]


@rows(*(some("canm", {14: alcohol, 15: drugs}) for alcohol, drugs in NEEDS))
def test_only_an_unmet_need_with_alcohol_or_drugs_counts(cohort):
    expected = ["No"] * 4 + ["Yes"] * 4 + [None] * 4
    assert values(cohort, "canm_substance_unmet") == expected
    assert (
        values(cohort, "substance_misuse") == expected
    )  # the other three components are known and absent
    assert whys(cohort, "canm_substance_unmet")[8:] == ["rated not known"] * 3 + [UNSETTLED]


# ---- Health of the Nation Outcome Scales


@rows(
    honos(4),
    {**honos(2), **first("honos", 1, 9)},  # 22 x 12/11
    {**first("honos", 2, 9), **some("honos", {11: 4, 12: 1})},  # 10 rated: 5 x 12/10
    {**first("honos", 3, 9), **some("honos", {11: 4, 12: 1})},  # 9 rated
    honos(9),
)
def test_honos_code_9_is_missing_and_10_of_12_are_enough(cohort, esmi):
    assert values(cohort, "honos_total") == [48, 24, 6, None, None]
    assert rules(cohort, "honos_total") == ["complete", "prorated", "prorated", TOO_FEW, UNANSWERED]
    assert whys(cohort, "honos_total") == [None, None, None, TOO_FEW, "rated not known"]
    assert esmi.limits("honos_total") == (0, 48)


@rows(*(some("honos", {3: rating}) for rating in (0, 1, 2, 4, 9)), some("honos", {2: 4, 4: 4}))
def test_honos_item_3_counts_from_2_and_in_the_alternative_from_1(cohort):
    assert values(cohort, "honos_substance") == ["No", "No", "Yes", "Yes", None, "No"]
    assert values(cohort, "substance_misuse") == ["No", "No", "Yes", "Yes", None, "No"]
    assert values(cohort, "substance_misuse_honos_1") == ["No", "Yes", "Yes", "Yes", None, "No"]
    assert whys(cohort, "honos_substance")[4] == "rated not known"


# ---- composites and diagnoses


COMPONENTS: tuple[dict[bool | None, Case], ...] = (
    {
        True: some("canm", {14: 2}),
        False: some("canm", {14: 0, 15: 0}),
        None: some("canm", {14: 0, 15: 9}),
    },
    {True: {"icd10_other": "F10.2"}, False: {"icd10_other": "none"}, None: {"icd10_other": ".c"}},
    {True: some("honos", {3: 2}), False: some("honos", {3: 0}), None: some("honos", {3: 9})},
    {True: {"drug_history": "Yes"}, False: {"drug_history": "No"}, None: {"drug_history": ".a"}},
)
# Kleene's "or" of two, and so of four
OR: dict[tuple[bool | None, bool | None], bool | None] = {
    (True, True): True,
    (True, False): True,
    (True, None): True,
    (False, True): True,
    (False, False): False,
    (False, None): None,
    (None, True): True,
    (None, False): None,
    (None, None): None,
}


STATES = list(itertools.product((True, False, None), repeat=4))
YES_NO = {True: "Yes", False: "No", None: None}


def of_states(*states: bool | None) -> Case:
    """A dyad whose four components are so."""
    parts = [part[state] for part, state in zip(COMPONENTS, states, strict=True)]
    return {name: text for part in parts for name, text in part.items()}


@rows(*(of_states(*states) for states in STATES))
def test_the_substance_composite_follows_three_valued_logic_in_all_81_combinations(cohort):
    names = ["canm_substance_unmet", "icd10_substance", "honos_substance", "drug_history"]
    for place, name in enumerate(names):
        assert values(cohort, name) == [YES_NO[states[place]] for states in STATES]
    expected = [OR[OR[a, b], OR[c, d]] for a, b, c, d in STATES]
    # 3^4 - 2^4 with a true one; one with four false; the rest not known
    assert [expected.count(state) for state in (True, False, None)] == [65, 1, 15]
    for name in ("substance_misuse", "substance_misuse_honos_1"):
        assert values(cohort, name) == [YES_NO[state] for state in expected]
    # the usual mistake calls the fifteen a no: this test would find it
    parts = pd.DataFrame(
        [[pd.NA if state is None else state for state in states] for states in STATES]
    )
    mistaken = parts.astype("boolean").any(axis=1, skipna=True)
    assert [
        bool(found) for found, state in zip(mistaken, expected, strict=True) if state is None
    ] == [False] * 15


@rows(
    of_states(None, False, False, False),
    of_states(False, None, False, False),
    of_states(False, False, None, False),
    of_states(False, False, False, None),
    of_states(None, False, None, False),
    of_states(None, False, False, None),
    {**of_states(None, False, False, None), **canm(".a")},
)
def test_a_composite_is_missing_for_the_reason_its_missing_components_share(cohort):
    rated = "rated not known"
    expected = [rated, "not known", rated, "form not completed", rated, UNSETTLED]
    assert whys(cohort, "substance_misuse") == [*expected, "form not completed"]
    assert values(cohort, "substance_misuse") == [None] * 7


# Primary and other diagnoses; then personality disorder, schizophrenia and substance use from any
# of them, and the first two from the primary one. Y, N, and - for missing.
DIAGNOSES = {
    ("F32.1", "none"): "NNN NN",
    ("F60", "none"): "YNN YN",
    ("F60.31", "none"): "YNN YN",
    ("F61", "none"): "YNN YN",
    ("F61.0", "none"): "YNN YN",
    ("F62", "none"): "NNN NN",
    ("F62.1", "F59"): "NNN NN",
    ("F32.1", "F60.3"): "YNN NN",
    ("F20.0", "F60.3"): "YYN NY",
    ("F60.3", "F20"): "YYN YN",
    ("F32.1", "F41.1;F20.5"): "NYN NN",
    ("F32.1", "F61;F20.5;F12.1"): "YYY NN",
    ("F21", "F25.0"): "NNN NN",
    ("F17.2", "none"): "NNN NN",
    ("F32.1", "F17"): "NNN NN",
    ("F17.2", "F10.2"): "NNY NN",
    ("F10.2", "F17.2"): "NNY NN",
    ("F32.1", "F17.2;F10.2"): "NNY NN",
    ("F32.1", "F41.1;F10.2;F53.0"): "NNY NN",
    ("F32.1", "F10"): "NNY NN",
    ("F19.9", "none"): "NNY NN",
    ("F09", "F20"): "NYN NN",
    ("F32.1", ""): "NNN NN",  # an empty cell means that no other diagnosis is recorded
    ("F20.0", ""): "NYN NY",
    ("F32.1", ".c"): "--- NN",
    ("F20.0", ".d"): "-Y- NY",
    ("F603", "none"): "YNN YN",  # as some extracts write them
    ("F32.1", "F17.2; F112"): "NNY NN",
    ("F60.3", ".c"): "Y-- YN",
    ("F11.2", ".c"): "--Y NN",
    ("", "none"): "--- --",
    ("", "F60.3"): "Y-- --",
    ("", ""): "--- --",
}


@rows(*({"icd10_primary": primary, "icd10_other": other} for primary, other in DIAGNOSES))
def test_diagnoses_count_wherever_recorded_and_a_missing_list_leaves_them_open(cohort):
    names = ["personality_disorder", "schizophrenia", "icd10_substance"]
    names += ["personality_disorder_primary", "schizophrenia_primary"]
    for row, ((primary, other), expected) in enumerate(DIAGNOSES.items()):
        found = "".join(
            "-" if pd.isna(cohort.data.loc[row, name]) else cohort.data.loc[row, name][0]
            for name in names
        )
        assert found == expected.replace(" ", ""), (primary, other)
    at = list(DIAGNOSES).index(("F60.3", ".c"))
    assert whys(cohort, "schizophrenia")[at] == "not known"
    assert whys(cohort, "personality_disorder")[at] is None
    assert whys(cohort, "schizophrenia")[list(DIAGNOSES).index(("F20.0", ".d"))] is None
    assert (
        whys(cohort, "personality_disorder")[list(DIAGNOSES).index(("F20.0", ".d"))]
        == "declined to answer"
    )


PRIMARY = {
    "Schizophrenia": ["F20", "F20.0"],
    "Bipolar disorder or other psychosis": ["F21", "F25.1", "F30.2", "F31", "F31.9", "F53.1"],
    "Depression": ["F32", "F33.3", "F39", "F53.0"],
    "Anxiety, stress-related or somatoform disorder": ["F40", "F41.1", "F48.9"],
    "Personality disorder": ["F60.3", "F61"],
    "Other": ["F53", "F53.9", "F10.2", "F19", "F50.0", "F59", "F62", "G40", "Z63.5"],
}
GROUP_OF = {code: group for group, codes in PRIMARY.items() for code in codes}


@rows(*({"icd10_primary": code} for code in [*GROUP_OF, ".c"]))
def test_the_first_range_that_holds_the_primary_diagnosis_counts(cohort):
    assert values(cohort, "primary_diagnosis") == [*GROUP_OF.values(), None]
    assert whys(cohort, "primary_diagnosis")[-1] == "not known"


# ---- deprivation

# Last rank of each fifth, the last of all being the number of areas. Beside it, 1/5 to 4/5 of the
# areas.
FIFTHS = {
    ("England", "IMD 2010"): (6496, 12992, 19489, 25985, 32482),  # 6496.4 12992.8 19489.2 25985.6
    ("England", "IMD 2015"): (6568, 13137, 19706, 26275, 32844),  # 6568.8 13137.6 19706.4 26275.2
    ("Wales", "WIMD 2011"): (379, 758, 1137, 1516, 1896),  # 379.2 758.4 1137.6 1516.8
    ("Wales", "WIMD 2014"): (381, 763, 1145, 1527, 1909),  # 381.8 763.6 1145.4 1527.2
}


AREAS = [  # the first and last rank of each fifth, and one rank for every index
    {"country": country, "deprivation_index": index, "deprivation_rank": str(rank)}
    for (country, index), lasts in FIFTHS.items()
    for rank in [
        *(end for before, last in itertools.pairwise((0, *lasts)) for end in (before + 1, last)),
        1200,
    ]
]


@rows(*AREAS)
def test_national_fifths_of_deprivation_end_at_these_ranks_whoever_else_is_in_the_file(
    cohort, dyads
):
    ends = ["1", "1", "2", "2", "3", "3", "4", "4", "5", "5"]
    # 5 x 1200 / 32482 = 0.18, / 32844 = 0.18, / 1896 = 3.16, / 1909 = 3.14, each rounded up
    expected = [*ends, "1", *ends, "1", *ends, "4", *ends, "4"]
    assert values(cohort, "deprivation_quintile") == expected
    assert plain(cohort.data["deprivation_quintile"].dtype.categories) == ["1", "2", "3", "4", "5"]
    # Fifths of the sample would spread these three, all among the most deprived areas, over the
    # whole range.
    alone = dyads(*AREAS[:2], {"deprivation_rank": ""})
    assert values(alone, "deprivation_quintile") == ["1", "1", None]
    assert whys(alone, "deprivation_quintile") == [None, None, "not recorded"]


# ---- outcomes

CATEGORIES = ["none", "assessment or referral", "child in need plan", "child protection plan"]
CATEGORIES += ["looked after or court order"]


# Six dyads with a category at timepoint 1, and six with one at timepoint 2; at the other it is
# none.
@rows(*({f"safeguarding_t{time}": category} for time in (1, 2) for category in [*CATEGORIES, ".c"]))
def test_involvement_is_any_category_and_its_sensitivity_leaves_out_assessments(cohort):
    expected = {
        "involved_t{}": ["No", "Yes", "Yes", "Yes", "Yes", None],
        "involved_t{}_plans": ["No", "No", "Yes", "Yes", "Yes", None],
        "cpp_t{}": [
            "No",
            "No",
            "No",
            "Yes",
            "No",
            None,
        ],  # as declared: a looked after infant counts as having none
    }
    for name, found in expected.items():
        assert values(cohort, name.format(1)) == found + ["No"] * 6
        assert values(cohort, name.format(2)) == ["No"] * 6 + found
        assert whys(cohort, name.format(1)) == [None] * 5 + ["not known"] + [None] * 6
        assert whys(cohort, name.format(2)) == [None] * 11 + ["not known"]


PLANS: dict[str, bool | None] = {
    "child protection plan": True,
    "child in need plan": False,
    ".c": None,
}


@rows(
    *(
        {"safeguarding_t1": one, "safeguarding_t2": two}
        for one, two in itertools.product(PLANS, repeat=2)
    )
)
def test_a_plan_at_either_timepoint_with_one_of_them_missing(cohort):
    expected = [YES_NO[OR[one, two]] for one, two in itertools.product(PLANS.values(), repeat=2)]
    assert values(cohort, "cpp_either") == expected


@rows(
    {"custody_t2": "Yes", "custody_lost_by_t2": "No"},
    {"custody_t2": "Yes", "custody_lost_by_t2": "Yes"},  # lost and regained
    {"custody_t2": "No", "custody_lost_by_t2": "Yes"},
    {"custody_t2": ".c", "custody_lost_by_t2": "Yes", "safeguarding_t2": ""},
    {"custody_t2": "Yes", "custody_lost_by_t2": ".d"},
)
def test_outcomes_of_custody_are_two_questions(cohort):
    assert values(cohort, "custody_lost") == ["No", "Yes", "Yes", "Yes", None]
    assert values(cohort, "no_custody_t2") == ["No", "No", "Yes", None, "No"]
    assert whys(cohort, "custody_lost")[4] == "declined to answer"


@rows({"custody_t2": "No", "custody_lost_by_t2": ".c"})
def test_a_mother_without_custody_at_timepoint_2_has_lost_it(cohort):
    assert values(cohort, "custody_lost") == ["Yes"]


# ---- scores that are supplied in place of items


def test_a_supplied_total_is_kept_and_its_items_say_why_they_are_missing(dyads):
    cohort = dyads({"ctq_total": "40.5"}, {"ctq_total": ".a"}, without=ctq(""))
    assert values(cohort, "ctq_total") == [40.5, None]
    assert rules(cohort, "ctq_total")[0] == "supplied"
    assert whys(cohort, "ctq_total") == [None, "form not completed"]
    for name in ("ctq_01", "ctq_28", "ctq_sexual_abuse", "ctq_sexual_abuse_band", "ctq_denial"):
        assert values(cohort, name) == [None, None]
        assert whys(cohort, name) == ["only_score_supplied"] * 2
    assert values(cohort, "cas_total") == [
        0,
        0,
    ]  # the other instruments are scored from their items


def test_supplied_subscales_are_added_up(dyads):
    scores = dict(zip(SUBSCALES, ("6", "7", "8.75", "10", "5"), strict=True))
    cohort = dyads(scores, {**scores, "ctq_sexual_abuse": ""}, without=ctq(""))
    # 6 + 7 + 8.75 + 10 + 5
    assert values(cohort, "ctq_total") == [36.75, None]
    assert rules(cohort, "ctq_total")[0] == "supplied"
    assert values(cohort, "ctq_sexual_abuse_band") == [BANDS[2], None]


@pytest.mark.parametrize("score", ["24", "125.5"])
def test_a_supplied_total_outside_its_range_is_refused(dyads, score):
    with pytest.raises(mm.DataError, match="ctq_total: 1 row outside 25 to 125"):
        dyads({"ctq_total": score}, without=ctq(""))


def test_a_total_supplied_beside_its_items_is_refused(dyads):
    with pytest.raises(
        mm.DataError, match="column 'ctq_total' is supplied beside what it is made from"
    ):
        dyads({"ctq_total": "40"})


def test_a_supplied_fifth_of_deprivation_is_kept(dyads, esmi):
    cohort = dyads(
        {"deprivation_quintile": "1"},
        {"deprivation_quintile": "5"},
        {"deprivation_quintile": ".c"},
        without=["deprivation_rank"],
    )
    assert values(cohort, "deprivation_quintile") == ["1", "5", None]
    assert whys(cohort, "deprivation_quintile") == [None, None, "not known"]
    assert values(cohort, "deprivation_rank") == [None] * 3
    assert whys(cohort, "deprivation_rank") == ["only_score_supplied"] * 3
    ((_, column),) = coded(esmi, cohort.data, "deprivation_quintile").items()
    assert plain(column) == [4, 0, None]


def test_a_supplied_fifth_is_ordered_as_one_made_from_ranks(dyads, everybody):
    supplied = dyads({"deprivation_quintile": "1"}, without=["deprivation_rank"])
    assert (
        supplied.data["deprivation_quintile"].dtype == everybody.data["deprivation_quintile"].dtype
    )


def test_a_supplied_score_behind_a_closed_gate_is_not_applicable(dyads):
    cohort = dyads(
        {"cas_total": "", "cas_ever_relationship": "No"}, {"cas_total": "3"}, without=cas("")
    )
    assert values(cohort, "cas_total") == [None, 3]
    assert values(cohort, "dv_any") == ["No", "Yes"]
    assert whys(cohort, "cas_total") == [NEVER, None]
    assert rules(cohort, "cas_total") == ["not_applicable", "supplied"]


def test_a_score_supplied_behind_a_closed_gate_is_refused(dyads):
    with pytest.raises(mm.DataError, match="which cannot be"):
        dyads({"cas_total": "40", "cas_ever_relationship": "No"}, without=cas(""))


def test_a_missing_supplied_score_is_not_said_to_have_too_few_items(dyads):
    cohort = dyads({"ctq_total": ".a"}, without=ctq(""))
    assert rules(cohort, "ctq_total") == ["not_supplied"]
    assert rules(cohort, "ctq_sexual_abuse") == ["not_supplied"]


# ---- other rules for missing items


def test_single_imputation_takes_the_mean_of_the_item_after_reversing(dyads, altered_esmi):
    study = altered_esmi((SCHEMA, CTQ_RULE, CTQ_RULE.replace("prorate", "single_impute")))
    # Physical neglect: items 1, 2, 4, 6, 26; the points of 2 and 26 are 6 less the answer.
    cohort = dyads(
        some("ctq", {1: 1, 2: 1, 4: 2, 6: 2, 26: 5}),  # points 1 5 2 2 1
        some("ctq", {1: 3, 2: 2, 4: 4, 6: ".b", 26: 1}),  # points 3 4 4 ? 5
        some("ctq", {1: 5, 2: ".b", 4: 1, 6: 5, 26: 3}),  # points 5 ? 1 5 3
        some(
            "ctq", {1: 4, 2: 3, 4: 3, 6: ".b", 26: ".b"}
        ),  # points 4 3 3: too few for a score, but they have means
        study=study,
    )
    # first: 11. second: item 6 has points 2 and 5, mean 3.5: 3 + 4 + 4 + 3.5 + 5 = 19.5 (prorated
    # it would be 20) third: item 2 has points 5, 4 and 3, mean 4: 5 + 4 + 1 + 5 + 3 = 18 (prorated
    # 17.5; mean answer 2: 16)
    assert values(cohort, "ctq_physical_neglect") == [11, 19.5, 18, None]
    imputed = "items_imputed_singly"
    assert rules(cohort, "ctq_physical_neglect") == ["complete", imputed, imputed, TOO_FEW]
    # the four other subscales have 5 points each
    assert values(cohort, "ctq_total") == [31, 39.5, 38, None]
    assert rules(cohort, "ctq_total") == ["complete", imputed, imputed, TOO_FEW]


def test_single_imputation_cannot_fill_in_an_item_that_nobody_answered(dyads, altered_esmi):
    study = altered_esmi((SCHEMA, CTQ_RULE, CTQ_RULE.replace("prorate", "single_impute")))
    cohort = dyads(*[{**ctq(3), "ctq_03": ".b"}] * 2, study=study)
    # four answers of 3 and an item without a mean: now 12, which 5 answers of 3 cannot give
    assert values(cohort, "ctq_emotional_abuse") == [None, None]


def test_without_filling_in_a_sum_needs_all_its_items(dyads, altered_esmi):
    study = altered_esmi((SCHEMA, CTQ_RULE, CTQ_RULE.replace("prorate", "none")))
    cohort = dyads(
        all_of_points(2, 2, 2, 2, 2), of_points("ctq_sexual_abuse", 1, 1, 1, 1, ".b"), study=study
    )
    assert values(cohort, "ctq_sexual_abuse") == [10, None]
    assert values(cohort, "ctq_total") == [50, None]
    assert whys(cohort, "ctq_total") == [None, TOO_FEW]
    assert rules(cohort, "ctq_total") == ["complete", TOO_FEW]
    assert values(cohort, "ctq_physical_abuse") == [10, 5]


def test_the_share_of_items_that_must_be_answered_is_read_from_the_definition(dyads, altered_esmi):
    study = altered_esmi((SCHEMA, CTQ_RULE, CTQ_RULE.replace("0.8", "0.6")))
    cohort = dyads(
        of_points("ctq_sexual_abuse", 5, 4, 3, ".b", ".b"),
        of_points("ctq_sexual_abuse", 5, 4, ".b", ".b", ".b"),
        study=study,
    )
    assert values(cohort, "ctq_sexual_abuse") == [20, None]  # 12 x 5/3


def test_a_count_cannot_be_declared_to_be_prorated(altered_esmi):
    rule = "prefix: canm_\n    rule: {items: none, answered: 0.8}"
    with pytest.raises(mm.StudyError, match="canm_unmet: a count is never scaled up"):
        altered_esmi((SCHEMA, rule, rule.replace("none", "prorate")))


def test_the_limit_of_a_sum_of_a_score_and_a_count_adds_both(altered_esmi):
    total = "honos_total, title: HoNOS total"
    counted = 'items: [1, 2, 3], value: "4", rule: {items: none, answered: 1.0}'
    unwell = f"{{name: honos_severe, title: Severe, {counted}, summary: mean, timepoint: 1}}"
    both = (
        "{name: honos_both, title: Both, sum_of: [honos_total, honos_severe], summary: mean, "
        "timepoint: 1}"
    )
    study = altered_esmi(
        (SCHEMA, f"      - {{name: {total}", f"      - {unwell}\n      - {{name: {total}"),
        (SCHEMA, "\nfields:\n", f"      - {both}\n\nfields:\n"),
    )
    assert study.limits("honos_both") == (0, 48 + 3)


# ---- reasons


@rows(
    ctq(".a"),
    ctq(".d"),
    ctq(""),
    {**ctq(".a"), **some("ctq", {1: "", 2: ".d"})},
    {**ctq(".a"), **some("ctq", {3: 1})},
)
def test_a_score_is_missing_for_the_reason_all_its_items_share(cohort):
    shared = ["form not completed", "declined to answer", "not recorded"]
    # items 1 and 2 belong to physical neglect only, item 3 to emotional abuse
    assert whys(cohort, "ctq_physical_neglect") == [*shared, TOO_FEW, "form not completed"]
    assert whys(cohort, "ctq_emotional_abuse") == [*shared, "form not completed", TOO_FEW]
    assert whys(cohort, "ctq_total") == [*shared, TOO_FEW, TOO_FEW]
    assert whys(cohort, "ctq_physical_neglect_band") == [*shared, TOO_FEW, "form not completed"]
    for name in ("ctq_physical_neglect", "ctq_emotional_abuse", "ctq_total"):
        assert values(cohort, name) == [None] * 5
    assert rules(cohort, "ctq_physical_neglect") == [UNANSWERED] * 5
    assert rules(cohort, "ctq_emotional_abuse") == [UNANSWERED] * 4 + [TOO_FEW]
    assert rules(cohort, "ctq_total") == [UNANSWERED] * 4 + [TOO_FEW]


NOTHING = {**ctq(".a"), **cas(".a"), **canm(".a"), **honos(".a"), "cas_ever_relationship": ".a"}


@rows(
    {},
    {
        **some("ctq", {3: ".b"}),
        **some("cas", {4: ".b"}),
        **some("canm", {14: 9}),
        **some("honos", {3: 9}),
    },
    NOTHING,
    {
        **NOTHING,
        "icd10_primary": "",
        "icd10_other": "",
        "safeguarding_t1": "",
        "safeguarding_t2": "",
        "age_years": "",
    },
    {"cas_ever_relationship": "No", **cas(".n")},
)
def test_a_cell_has_a_value_or_a_reason_and_never_both(cohort):
    assert (cohort.data.notna() == cohort.reasons.isna()).all().all()
    assert cohort.scoring.notna().all().all()


# ---- properties

MAXIMA = {"ctq": (28, 1, 5), "cas": (30, 0, 5), "honos": (12, 0, 4), "canm": (26, 0, 2)}


def drawn(seed: int, rows: int, gaps: float) -> list[Case]:
    """Forms with random answers, and random items left out."""
    random = np.random.default_rng(seed)
    cases = []
    for _ in range(rows):
        case = {}
        for prefix, (number, low, high) in MAXIMA.items():
            answers = random.integers(low, high + 1, number)
            left_out = random.random(number) < gaps * random.integers(0, 3)
            texts = [
                "" if out else str(answer) for answer, out in zip(answers, left_out, strict=True)
            ]
            case |= some(prefix, dict(enumerate(texts, 1)))
        cases.append(case)
    return cases


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=3)
def test_other_rows_and_their_order_change_no_score(dyads, seed):
    cohort = dyads(*drawn(seed, rows=12, gaps=0.1))
    order = np.random.default_rng(seed).permutation(12)[:9]
    chosen = at(cohort, order)
    recorded = [name for name in chosen.study.fields if name in chosen.data]
    again = mm.derive(replace(chosen, data=chosen.data[recorded], reasons=chosen.reasons[recorded]))
    for frame in ("data", "reasons", "scoring"):
        pd.testing.assert_frame_equal(getattr(again, frame), getattr(chosen, frame))
    assert {TOO_FEW, "prorated"} <= {*cohort.scoring.stack()}  # the forms were not all whole


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=2)
def test_whole_forms_score_within_the_limits_and_as_they_would_by_a_plain_sum(dyads, esmi, seed):
    cases = drawn(seed, rows=10, gaps=0)
    cohort = dyads(*cases)
    for name in esmi.scores:
        low, high = esmi.limits(name)
        assert cohort.data[name].between(low, high).all(), name
        assert set(rules(cohort, name)) == {"complete"}

    def points(case: Case, prefix: str, items: Any) -> int:
        flip = REVERSED if prefix == "ctq" else set()
        return sum(
            6 - int(case[f"{prefix}_{i:02d}"]) if i in flip else int(case[f"{prefix}_{i:02d}"])
            for i in items
        )

    for name, items in SUBSCALES.items():
        assert values(cohort, name) == [points(case, "ctq", items) for case in cases]
    of_25 = [item for items in SUBSCALES.values() for item in items]
    assert values(cohort, "ctq_total") == [points(case, "ctq", of_25) for case in cases]
    assert values(cohort, "cas_total") == [points(case, "cas", range(1, 31)) for case in cases]
    assert values(cohort, "honos_total") == [points(case, "honos", range(1, 13)) for case in cases]
    # met + 2 x unmet is the plain sum of ratings 0, 1 and 2
    twice = [
        met + 2 * unmet
        for met, unmet in zip(values(cohort, "canm_met"), values(cohort, "canm_unmet"), strict=True)
    ]
    assert twice == [points(case, "canm", range(1, 27)) for case in cases]


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=2)
def test_a_prorated_form_of_equal_answers_scores_as_the_whole_form(dyads, seed):
    random = np.random.default_rng(seed)
    cases = []
    for point in range(1, 6):
        case = {**all_of_points(*[point] * 5), **cas(point), **honos(point - 1)}
        for name in SUBSCALES.values():
            case |= some("ctq", {int(random.choice(name)): ".b"})
        case |= some("cas", dict.fromkeys((random.permutation(30)[:6] + 1).tolist(), ".b"))
        case |= some("honos", dict.fromkeys((random.permutation(12)[:2] + 1).tolist(), 9))
        cases.append(case)
    cohort = dyads(*cases)
    expected = {"ctq_total": [25, 50, 75, 100, 125], "cas_total": [30, 60, 90, 120, 150]}
    for name, scores in {**expected, "honos_total": [0, 12, 24, 36, 48]}.items():
        assert [float(value) for value in values(cohort, name)] == pytest.approx(scores)
        assert rules(cohort, name) == ["prorated"] * 5


# ---- terms of the models

PROTOCOL = [
    "age_years",
    "ethnicity",
    "relationship",
    "deprivation_quintile",
    "admissions_2y",
    "personality_disorder",
]
PROTOCOL += ["schizophrenia", "dv_any", "ctq_total", "substance_misuse", "learning_difficulties"]


def test_the_models_hold_exactly_the_terms_of_the_protocol_and_what_is_declared_beside_them(esmi):
    for outcome in ("involved_t1", "involved_t2", "involved_t1_plans", "involved_t2_plans"):
        assert sorted(esmi.terms("protocol", outcome)) == sorted(PROTOCOL)
    assert sorted(esmi.terms("published_2023", "involved_t1")) == sorted(PROTOCOL)
    assert sorted(esmi.terms("published_2023", "involved_t2")) == sorted(
        [*PROTOCOL, "readmitted_1y"]
    )
    assert sorted(esmi.terms("published_2023", "involved_t2_plans")) == sorted(
        [*PROTOCOL, "readmitted_1y"]
    )
    for model, swaps in {
        "primary_only": {
            "personality_disorder": "personality_disorder_primary",
            "schizophrenia": "schizophrenia_primary",
        },
        "abuse_cut_off_7": {"dv_any": "dv_any_7"},
        "honos_threshold_1": {"substance_misuse": "substance_misuse_honos_1"},
    }.items():
        for outcome in ("involved_t1", "involved_t2"):
            assert sorted(esmi.terms(model, outcome)) == sorted(
                swaps.get(term, term) for term in PROTOCOL
            )
    for outcome in ("cpp_t1", "cpp_t2", "cpp_either", "custody_lost", "no_custody_t2"):
        assert esmi.terms("protocol", outcome) == ()  # explored, not modelled


ADDED = "add: {involved_t2: [readmitted_1y]}"


@pytest.mark.parametrize(
    ("new", "said"),
    [
        (
            "add: {involved_t2: [readmitted_1y, satisfaction]}",
            "published_2023.involved_t2: 'satisfaction' is for description only",
        ),
        (
            "add: {involved_t2: [readmitted_1y, honos_total]}",
            "published_2023.involved_t2: 'honos_total' is for description only",
        ),
        (
            "add: {involved_t1: [readmitted_1y], involved_t2: [readmitted_1y]}",
            "published_2023.involved_t1: 'readmitted_1y' was recorded after this outcome",
        ),
        (
            "add: {involved_t1: [readmitted_1y], involved_t2: [readmitted_1y]}",
            "published_2023.involved_t1_plans: 'readmitted_1y' was recorded after this outcome",
        ),
        (
            "add: {involved_t2: [readmitted_1y, age_years]}",
            "published_2023.involved_t2: 'age_years' stands 2 times",
        ),
    ],
)
def test_a_term_that_does_not_belong_in_a_model_is_refused(altered_esmi, new, said):
    with pytest.raises(mm.StudyError) as raised:
        altered_esmi((STUDY, ADDED, new))
    assert said in str(raised.value)


CODED = "coding:\n  age_years: {per: 5, label: per 5 years}"


@pytest.mark.parametrize(
    ("term", "reference"), [("safeguarding_t2", "none"), ("involved_t2_plans", '"No"')]
)
def test_a_term_that_is_the_outcome_by_another_name_is_refused(altered_esmi, term, reference):
    with pytest.raises(mm.StudyError, match=f"published_2023.involved_t2: '{term}'"):
        altered_esmi(
            (STUDY, CODED, f"{CODED}\n  {term}: {{reference: {reference}}}"),
            (STUDY, ADDED, f"add: {{involved_t2: [readmitted_1y, {term}]}}"),
        )


def test_a_term_whose_timepoint_is_forgotten_is_refused(altered_esmi):
    said = "x-plain-label: Needed acute care again within a year"
    with pytest.raises(mm.StudyError, match="'readmitted_1y'"):
        altered_esmi(
            (SCHEMA, f"x-timepoint: between\n    {said}", said),
            (STUDY, ADDED, "add: {involved_t1: [readmitted_1y], involved_t2: [readmitted_1y]}"),
        )


# ---- how terms enter a model


@rows(
    *(
        {
            "ethnicity": ethnicity,
            "deprivation_rank": rank,
            "age_years": age,
            "relationship": relationship,
            **form,
        }
        for ethnicity, rank, age, relationship, form in [
            ("White British", "1", "16", "partner", ctq(1)),
            ("White Other", "32844", "30", "single", ctq(5)),
            ("Black", "6569", "31", "single", {}),
            ("Asian", "13138", "55", "partner", of_points("ctq_sexual_abuse", 2, 1, 1, 1, ".b")),
            ("Mixed or Other", "19707", "33", ".d", ctq(".a")),
            (".c", "", ".c", "", ctq("")),
        ]
    )
)
def test_terms_are_coded_as_declared_and_missing_stays_missing(cohort, esmi):
    def columns(name: str) -> dict[tuple[str, str], list[Any]]:
        found = coded(esmi, cohort.data, name)
        assert all(column.dtype == float for column in found.values())
        return {term: plain(column) for term, column in found.items()}

    assert columns("age_years") == {("age_years", ""): [3.2, 6.0, 6.2, 11.0, 6.6, None]}
    # totals 53, 97, 25, 20 + 6.25, missing, missing
    assert columns("ctq_total") == {("ctq_total", ""): [5.3, 9.7, 2.5, 2.625, None, None]}
    # counted from the least deprived fifth, so that an odds ratio is per fifth more deprived
    assert columns("deprivation_quintile") == {
        ("deprivation_quintile", ""): [4.0, 0.0, 3.0, 2.0, 1.0, None]
    }
    assert columns("relationship") == {("relationship", "single"): [0, 1, 1, 0, None, None]}
    assert columns("ethnicity") == {
        ("ethnicity", "White Other"): [0, 1, 0, 0, 0, None],
        ("ethnicity", "Black"): [0, 0, 1, 0, 0, None],
        ("ethnicity", "Asian, Mixed or Other"): [0, 0, 0, 1, 1, None],
    }
    assert columns("dv_any") == {("dv_any", "Yes"): [0] * 6}


# ---- derived again after some columns changed


def test_what_hangs_on_changed_columns_is_derived_anew_and_nothing_else(demo):
    recorded = [name for name in demo.data if name in demo.study.fields]
    changed = ["cas_01", "cas_ever_relationship", "safeguarding_t1", "honos_03"]
    data, reasons = demo.data[recorded].copy(), demo.reasons[recorded].copy()
    for name in changed:  # every row has another's value
        data[name] = data[name].iloc[::-1].set_axis(data.index)
        reasons[name] = reasons[name].iloc[::-1].set_axis(data.index)
    other = replace(demo, data=data, reasons=reasons)
    anew, whole = derived_anew(other, demo, changed), mm.derive(other)
    for part in ("data", "reasons", "scoring"):
        pd.testing.assert_frame_equal(getattr(anew, part), getattr(whole, part))
    assert not whole.data["dv_any"].equals(demo.data["dv_any"])
    forgotten = derived_anew(other, demo, changed[2:])
    assert forgotten.data["dv_any"].equals(demo.data["dv_any"])
    assert not forgotten.data["involved_t1"].equals(demo.data["involved_t1"])


def test_levels_are_put_together_by_their_codes_as_by_their_words(demo):
    study, tried = demo.study, 0
    for model in study.file.models:
        for term in study.terms(model, "involved_t1"):
            values, coding = demo.data[term], study.coding(model, term)
            if not study.levels(term):
                continue
            tried += bool(coding.merged)
            by_words = put_together(study, values.astype("str"), term, coding)
            pd.testing.assert_series_equal(put_together(study, values, term, coding), by_words)
    assert tried
