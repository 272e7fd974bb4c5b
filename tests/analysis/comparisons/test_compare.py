"""mm.compare: the rules of the study, on eleven rows worked by hand and on the shipped rows counted
another way.
"""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import mothers_margins as mm
from mothers_margins.analysis.comparisons import fisher_exact as exact
from mothers_margins.analysis.comparisons.fisher_exact import fisher_exact
from mothers_margins.study.study_file import Impossible
from tests.conftest import SIX_WOMEN

SIDES = {"lefts": {"side": "left"}, "rights": {"side": "right"}}
QUOTED = "small_expected_count"
AT_1, AT_2 = ("involved_t1", "not_involved_t1"), ("involved_t2", "not_involved_t2")
# house: 3 own, 1 rent on the left, 1 own, 3 rent on the right (one refused, one not asked); team: 3
# of 4 and 1 of 4; ward: 2 of 4 and 1 of 2; score and visits: 1 2 and 2 4. The last has no side.
ELEVEN = """w1,left,1,1,own,1,1 w2,left,2,2,own,1,0 w3,left,,,own,1,0 w4,left,,,rent,0,
w5,left,,,-9,,1 w6,right,2,2,own,0,0 w7,right,4,4,rent,0,1 w8,right,,,rent,0,
w9,right,,,rent,1, w10,right,,,,, w11,,9,9,own,1,1"""


@pytest.fixture
def hand(small_study) -> Callable[..., mm.Cohort]:
    def cohort(rows: str = ELEVEN) -> mm.Cohort:
        path = small_study.folder / "hand.csv"
        path.write_text("\n".join([SIX_WOMEN.splitlines()[0], *rows.split(), ""]), encoding="utf-8")
        return mm.derive(mm.read_cohort(path, small_study))

    return cohort


def by_rules(cohort: mm.Cohort, **rules: Any) -> mm.Cohort:
    file = cohort.study.file
    altered = file.model_copy(update={"tests": file.tests.model_copy(update=rules)})
    return replace(cohort, study=replace(cohort.study, file=altered))


def row(results: mm.Results, variable: str, what: str, level: str = "") -> dict[str, Any]:
    named = results[(results["variable"] == variable) & (results["level"] == level)]
    (found,) = named[(named["test"] == what) | (named["effect_name"] == what)].to_dict("records")
    return found


def kinds(results: mm.Results) -> list[str]:
    return [found["test"] or found["effect_name"] for found in results.to_dict("records")]


def only_note(results: mm.Results, variable: str) -> tuple[str, str]:
    """The note of a variable that is not tested, and the study's reason: one row, without a
    number.
    """
    (found,) = results[results["variable"] == variable].to_dict("records")
    assert found["test"] == found["effect_name"] == ""
    assert all(
        math.isnan(found[name])
        for name in ("statistic", "df", "p_value", "effect", "conf_low", "conf_high")
    )
    return found["note"], found["reason"]


def notes_of(cohort: mm.Cohort, variable: str, between: tuple[str, str]) -> list[str]:
    """The notes under a table of one variable with its comparison."""
    results = mm.summarise(cohort, [variable], between)
    return [
        note
        for _, note in mm.characteristics(
            results, comparisons=mm.compare(cohort, [variable], between)
        ).notes
    ]


def test_levels_have_chi_squared_fisher_distance_and_differences(hand):
    results = mm.compare(hand(), ["house"], SIDES)
    assert kinds(results) == [
        "chi_squared",
        "fisher_exact",
        "standardised_difference",
        "difference",
        "difference",
    ]
    assert results["level"].tolist() == ["", "", "", "own", "rent"]
    assert set(results["n"]) == {8}  # of eleven: one without a side, one refused, one not asked
    plain = row(results, "house", "chi_squared")
    # 3 1 / 1 3, all expected 2: chi-squared 4 * 1 / 2 = 2, p = erfc(1), V = sqrt(2 / 8)
    assert (plain["statistic"], plain["df"], plain["effect"]) == pytest.approx((2, 1, 0.5))
    assert plain["p_value"] == pytest.approx(math.erfc(1))
    assert row(results, "house", "fisher_exact")["p_value"] == pytest.approx(
        34 / 70
    )  # Fisher's tea
    assert row(results, "house", "standardised_difference")["effect"] == pytest.approx(
        0.5 / math.sqrt(3 / 16)
    )  # p q
    # Wilson 3 of 4: 0.300642 to 0.954413, 1 of 4: 1 minus these; 0.5 ± sqrt(0.449358² twice,
    # 0.204413² twice)
    found, limits = (
        row(results, "house", "difference", "own"),
        (50 - 44.9358 * 2**0.5, 50 + 20.4413 * 2**0.5),
    )
    assert (found["effect"], found["conf_low"], found["conf_high"]) == pytest.approx(
        (50, *limits), abs=1e-3
    )


def test_numbers_have_t_and_a_distance_and_ranks_beside_a_median(hand):
    results = mm.compare(hand(), ["score", "visits"], SIDES)
    # x-summary: mean_sd, median_iqr
    assert kinds(results) == [
        "t",
        "standardised_difference",
        "t",
        "rank_sum",
        "standardised_difference",
    ]
    assert set(results["n"]) == {4}
    for name in (
        "score",
        "visits",
    ):  # 1 2 and 2 4: t = -1.5 / sqrt(1.25), on 2 df p = 1 - |t| / sqrt(2 + t²)
        found, t = row(results, name, "t"), -1.5 / math.sqrt(1.25)
        assert (found["statistic"], found["df"], found["effect"]) == pytest.approx((t, 2, -1.5))
        assert found["p_value"] == pytest.approx(1 + t / math.sqrt(2 + t * t))
        assert row(results, name, "standardised_difference")["effect"] == pytest.approx(t)
    ranked = row(
        results, "visits", "rank_sum"
    )  # W: one tie in 4 pairs; expected 2, variance 4 / 12 * (5 - 6 / 12)
    assert (ranked["statistic"], ranked["effect"]) == (0.5, 0.125)
    assert ranked["p_value"] == pytest.approx(math.erfc(1.5 / math.sqrt(2 * 1.5)))


def test_each_option_of_one_question_stands_alone_with_its_own_n(hand):
    results = mm.compare(hand(), ["services"], SIDES)
    assert results.groupby("level", sort=False)["n"].unique().map(list).to_dict() == {
        "Team": [8],
        "Ward": [6],
    }
    assert row(results, "services", "chi_squared", "Team")["statistic"] == pytest.approx(2)
    assert row(results, "services", "difference", "Team")["effect"] == pytest.approx(
        50
    )  # 3 of 4 minus 1 of 4, yes
    assert row(results, "services", "difference", "Ward")["effect"] == 0  # 2 of 4 minus 1 of 2


def test_who_has_no_value_is_in_neither_group(hand):
    names = ["house", "services", "score", "visits", "band"]
    without = hand(ELEVEN.replace("w11,,9,9,own,1,1", "").replace("w10,right,,,,,", ""))
    pd.testing.assert_frame_equal(
        mm.compare(hand(), names, SIDES), mm.compare(without, names, SIDES)
    )


def test_the_first_group_minus_the_second(hand):
    one = mm.compare(hand(), ["house", "score"], SIDES)
    other = mm.compare(hand(), ["house", "score"], dict(reversed(SIDES.items())))
    assert set(one["group_a"]) == set(other["group_b"]) == {"lefts"}
    negated = one["effect"].where(one["effect_name"] == "cramers_v", -one["effect"])
    for ours, theirs in (
        ("effect", negated),
        ("conf_low", -one["conf_high"]),
        ("p_value", one["p_value"]),
    ):
        assert other[ours].tolist() == pytest.approx(theirs.tolist(), nan_ok=True)


def test_switches_of_the_study_act(hand):
    cohort, names = hand(), ["house", "score", "visits"]

    def under(variable: str, what: str, level: str = "", **rules: Any) -> dict[str, Any]:
        return row(mm.compare(by_rules(cohort, **rules), names, SIDES), variable, what, level)

    # Yates: each |3 - 2| less 0.5: chi-squared 4 * 0.25 / 2 = 0.5, p = erfc(sqrt(0.5 / 2)); V stays
    corrected = under("house", "chi_squared", yates=True)
    assert (corrected["statistic"], corrected["effect"]) == pytest.approx((0.5, 0.5))
    assert corrected["p_value"] == pytest.approx(math.erfc(0.5))
    # Welch-Satterthwaite: (1/4 + 1)² / (1/16 + 1)
    assert under("score", "t", variances="unequal")["df"] == pytest.approx(1.25**2 / (1 / 16 + 1))
    narrow = under("score", "t", confidence=90)
    half = (
        0.9 / math.sqrt(0.095) * math.sqrt(1.25)
    )  # the 95% point of t on 2 df: 0.9 / sqrt(2 * 0.95 * 0.05)
    assert (narrow["conf_low"], narrow["conf_high"]) == pytest.approx((-1.5 - half, -1.5 + half))
    ranked = under("visits", "rank_sum", rank_sum_correction=True)
    assert ranked["p_value"] == pytest.approx(math.erfc((1.5 - 0.5) / math.sqrt(2 * 1.5)))
    assert "rank_sum" not in kinds(mm.compare(by_rules(cohort, rank_sum="none"), names, SIDES))
    for below, made in ((0, False), (2, False), (2.5, True)):  # all expected counts are 2
        assert (
            "fisher_exact" in kinds(mm.compare(by_rules(cohort, fisher_below=below), names, SIDES))
        ) == made
    wide, narrow = (
        under("house", "difference", "own", confidence=confidence) for confidence in (95, 90)
    )
    assert wide["conf_low"] < narrow["conf_low"] < narrow["conf_high"] < wide["conf_high"]


def test_what_does_not_vary_or_is_not_known_is_not_tested(hand):
    cohort = hand("w1,left,1,1,own,1, w2,left,2,2,own,1, w3,right,,,own,1,1 w4,right,,,own,1,0")
    results = mm.compare(cohort, ["house", "services", "score", "visits", "side", "band"], SIDES)
    assert (results["test"] == "").all()
    untested = results[results["note"] != ""].set_index(["variable", "level"])
    unknown, same = "no_value_in_a_group", "nothing_varies"
    expected = {("house", ""): same, ("services", "Team"): same, ("services", "Ward"): unknown}
    expected |= {("score", ""): unknown, ("visits", ""): unknown, ("band", ""): unknown}
    expected |= {("side", ""): "groups_made_from_it"}
    assert untested["note"].to_dict() == expected
    assert set(untested["status"]) == {"missing"}
    assert set(results.loc[results["note"] == "", "status"]) == {"shown"}
    assert results["effect"].dropna().tolist() == [0, 0, 0]  # differences of what is the same


def test_a_number_that_does_not_vary_says_so(hand):
    cohort = hand("w1,left,5,,,, w2,left,5,,,, w3,right,5,,,, w4,right,5,,,,")
    assert only_note(mm.compare(cohort, ["score"], SIDES), "score") == ("too_few_values", "")


@pytest.mark.parametrize(
    ("variables", "between", "said"),
    [
        (["hous"], SIDES, "no variable 'hous'; did you mean 'house'?"),
        (["house"], ("lef", "all"), "no group 'lef'; did you mean 'left'?"),
        (["house"], ("left",), "between must be two groups"),
        (["house"], ("all", "left", "owners"), "between must be two groups"),
        (["house"], {**SIDES, "third": {"house": "own"}}, "between must be two groups"),
        (["house"], ("left", "all"), "the groups overlap"),
        (["house"], {"x": {"side": "left"}, "y": {"score": {"at_least": 2}}}, "the groups overlap"),
        (["house"], ("left", "left"), "two groups"),
    ],
)
def test_groups_that_cannot_be_compared_are_usage_errors(hand, variables, between, said):
    with pytest.raises(mm.UsageError) as raised:
        mm.compare(hand(), variables, between)
    assert said in str(raised.value)
    assert not any(f"w{number}" in str(raised.value) for number in range(1, 12))
    with pytest.raises(mm.UsageError, match=r"compare: needs a cohort.*; it was given a DataFrame"):
        mm.compare(hand().data, variables, between)


def test_a_group_of_nobody_is_an_answer(hand):
    between = {"x": {"side": "left", "band": "many"}, "y": {"side": "right"}}
    answer = mm.compare(hand(), ["house"], between)
    assert str(answer) == "Nothing is compared, because nobody is in a group: x."


def test_too_many_tables_leave_chi_squared(hand, monkeypatch):
    monkeypatch.setattr(exact, "MOST", 2)
    results = mm.compare(hand(), ["house"], SIDES)
    assert math.isnan(row(results, "house", "fisher_exact")["p_value"])
    found = row(results, "house", "fisher_exact")
    assert (found["note"], found["status"]) == ("too_many_tables", "missing")


def test_the_2019_groups_are_compared_by_what_is_printed(cohort):
    """Column B against C, and against all others; the p-values stand in the domain note, §6.3."""
    names = ["living_with_partner", "services_used", "custody_of_baby", "primary_diagnosis"]
    c, others = (mm.compare(cohort, names, ("hssi", group)) for group in ("lssi", "rest"))
    team = "Parent-infant team"
    for results, partner, infant in ((c, 0.0040, 0.0377), (others, 0.0109, 0.0074)):
        assert round(row(results, "living_with_partner", "fisher_exact")["p_value"], 4) == partner
        assert round(row(results, "services_used", "fisher_exact", team)["p_value"], 4) == infant
    assert round(row(others, "custody_of_baby", "fisher_exact")["p_value"], 4) == 0.0004
    assert row(c, "primary_diagnosis", "difference", "Personality disorder")[
        "effect"
    ] == pytest.approx(900 / 11)
    assert round(fisher_exact([[9, 0], [2, 7]]), 4) == 0.0023
    assert c["level"][c["variable"] == "services_used"].nunique() == 10
    notes = {"zero_by_definition", "small_expected_count", "nothing_varies"}
    assert set(c["note"]) == {"", *notes}
    said = notes_of(cohort, "living_with_partner", ("hssi", "lssi"))
    assert "The publication reports no test; these are added." in said
    assert not any("departs from the planned test" in note for note in said)
    ethnicity = mm.compare(cohort, ["ethnicity"], ("hssi", "lssi"))
    assert (
        row(ethnicity, "ethnicity", "chi_squared")["df"] == 3
    )  # four of the eight levels are there at all
    assert kinds(ethnicity).count("difference") == 8


def test_a_zero_by_definition_is_not_tested(cohort, study):
    (zero,) = study.structural_zeros("custody_of_baby")
    for between in (("hssi", "lssi"), ("lssi", "hssi"), ("rest", "lssi")):
        results = mm.compare(cohort, ["custody_of_baby"], between)
        assert only_note(results, "custody_of_baby") == ("zero_by_definition", zero.reason)
        assert results["status"].tolist() == ["structural_zero"]
        said = notes_of(cohort, "custody_of_baby", between)
        assert f"Not tested: zero by definition: {zero.reason}." in said


def test_a_reconstruction_gives_printed_counts_only(cohort):
    with pytest.raises(mm.DisclosureError, match="no spread of a number") as raised:
        mm.compare(cohort, ["living_with_partner", "age_years"], ("hssi", "lssi"))
    assert raised.value.problems == ("age_years",)
    halves = {"with": {"living_with_partner": "Yes"}, "without": {"living_with_partner": "No"}}
    with pytest.raises(mm.DisclosureError, match="does not state these numbers"):
        mm.compare(cohort, ["education"], halves)
    other = replace(
        cohort, source=replace(cohort.source, kind="synthetic")
    )  # not because of the rows themselves
    assert "t" in kinds(mm.compare(other, ["age_years"], ("hssi", "lssi")))
    assert "chi_squared" in kinds(mm.compare(other, ["education"], halves))


@pytest.mark.parametrize("between", [AT_1, AT_2])
def test_every_variable_is_tested_as_pandas_counts_it(demo, esmi, between):
    results, all_exact = (
        mm.compare(demo, esmi.variables, between, exact=one) for one in (False, True)
    )
    for name in esmi.variables:
        of_it = results[results["variable"] == name]
        if of_it["note"].iloc[0] == "groups_made_from_it":
            continue
        if not esmi.levels(name):
            a, b = (
                demo.data.loc[demo.data[between[0]] == yes, name].dropna().astype(float)
                for yes in ("Yes", "No")
            )
            assert row(results, name, "t")["effect"] == pytest.approx(a.mean() - b.mean())
            assert set(of_it["n"]) == {len(a) + len(b)}
            assert ("rank_sum" in kinds(of_it)) == ("median_iqr" in esmi.declared[name].summary)
            continue
        table = pd.crosstab(demo.data[name], demo.data[between[0]])[["Yes", "No"]].to_numpy()
        n, expected = table.sum(), np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
        found, small = row(results, name, "chi_squared"), bool((expected < 5).any())
        assert found["statistic"] == pytest.approx(((table - expected) ** 2 / expected).sum())
        assert found["effect"] == pytest.approx(math.sqrt(found["statistic"] / n))
        assert (found["df"], set(of_it["n"])) == (len(table) - 1, {n})
        assert of_it.loc[of_it["test"] == "fisher_exact", "note"].tolist() == [QUOTED] * small
        exactly = row(all_exact, name, "fisher_exact")
        assert exactly["note"] == "asked_for"
        assert exactly["p_value"] == pytest.approx(fisher_exact(table))
        differences = of_it[of_it["effect_name"] == "difference"]
        assert differences["level"].tolist() == list(esmi.levels(name))
        assert differences["effect"].sum() == pytest.approx(0, abs=1e-9)
        assert (
            differences["effect"].between(differences["conf_low"], differences["conf_high"]).all()
        )
    assert 0 < (results["test"] == "fisher_exact").sum() < 20
    start = "Test and p of levels: "
    (said,) = (note for note in notes_of(demo, "ethnicity", between) if note.startswith(start))
    assert said.endswith(
        "stands beside it, which departs from the planned test by the study's rule."
    )


def test_what_the_groups_are_made_from_is_not_tested(demo, esmi):
    made = {
        "safeguarding_t1",
        "involved_t1",
        "involved_t1_plans",
        "cpp_t1",
        "cpp_either",
        "involved_either",
    }
    made |= {"involvement_course", "continued", "cpp_or_custody_lost", "safeguarding_t1_in_three"}
    for between in (AT_1, *esmi.contrasts("cpp_t1").values()):
        results = mm.compare(demo, esmi.variables, between)
        assert set(results.loc[results["note"] == "groups_made_from_it", "variable"]) == made
        assert {only_note(results, name) for name in made} == {("groups_made_from_it", "")}
        assert set(results.loc[results["note"] == "groups_made_from_it", "status"]) == {"missing"}
    readmitted = {"again": {"readmitted_1y": "Yes"}, "not again": {"readmitted_1y": "No"}}
    days = mm.compare(demo, ["days_to_readmission"], readmitted)  # days are of those who were
    why = "days to a re-admission that is recorded not to have happened"
    assert only_note(days, "days_to_readmission") == ("zero_by_definition", why)


OTHER_SIDE = {"rights": {"side": "right"}, "lefts": {"side": "left"}}
CANNOT_BE = {
    # a range of a number beside what the groups are made from: a check of the file
    "a range": ({"side": "left", "score": {"at_least": 90}}, "score", SIDES, "t"),
    "a range, the groups the other way round": (
        {"score": {"at_least": 90}, "side": "right"},
        "score",
        OTHER_SIDE,
        "t",
    ),
    "a range of a whole number, and more beside it": (
        {"side": "left", "visits": {"at_least": 9}, "house": "rent"},
        "visits",
        SIDES,
        "t",
    ),
    # a level that part of a group can have
    "a group that is only partly inside": (
        {"side": "left", "ward": "Ward", "house": "own"},
        "house",
        {"lefts": {"side": "left"}, "rights": {"side": "right"}},
        "chi_squared",
    ),
    "a group made from several sides": (
        {"side": "left", "house": "own"},
        "house",
        {"with a team": {"services": "Team"}, "without": {"services": {"not": ["Team"]}}},
        "chi_squared",
    ),
    "a level that nobody can have": ({"house": "own"}, "house", SIDES, "chi_squared"),
    "another variable": ({"side": "left", "house": "own"}, "score", SIDES, "t"),
    # a level, and a group wholly inside
    "a level": ({"side": "left", "house": "own"}, "house", SIDES, None),
    "a level, the groups the other way round": (
        {"house": "own", "side": "left"},
        "house",
        OTHER_SIDE,
        None,
    ),
    "all levels but one": ({"side": "left", "house": {"not": ["rent"]}}, "house", SIDES, None),
    "a part of those who cannot have it": (
        {"side": "left", "house": "own"},
        "house",
        {"lefts": {"side": "left", "services": "Team"}, "rights": {"side": "right"}},
        None,
    ),
    "an answer of several": ({"side": "left", "services": "Ward"}, "services", SIDES, None),
    "a group above a number": (
        {"visits": {"at_least": 2}, "house": "own"},
        "house",
        {"several": {"visits": {"at_least": 2}}, "none": {"visits": {"known": False}}},
        None,
    ),
    "any value at all": ({"side": "left", "score": {"known": True}}, "score", SIDES, None),
}


def impossible(cohort: mm.Cohort, where: dict[str, Any]) -> mm.Cohort:
    """The cohort of a study that declares one combination impossible."""
    entry = Impossible.model_validate({"where": where, "reason": "so it is"})
    file = cohort.study.file.model_copy(update={"impossible": (entry,)})
    return replace(cohort, study=replace(cohort.study, file=file))


@pytest.mark.parametrize("name", CANNOT_BE)
def test_only_a_level_that_a_whole_group_cannot_have_is_a_structural_zero(hand, name):
    where, variable, between, test = CANNOT_BE[name]
    cohort = impossible(hand(), where)
    found = mm.compare(cohort, [variable], between)
    if test is None:
        assert only_note(found, variable) == ("zero_by_definition", "so it is")
        assert found["status"].tolist() == ["structural_zero"]
        return
    # as if the study declared nothing: a check of ranges decides no test
    same = mm.compare(hand(), [variable], between)
    assert test in kinds(found)
    pd.testing.assert_frame_equal(pd.DataFrame(found), pd.DataFrame(same))


def test_ranks_of_two_indices_are_compared_though_each_has_a_last_rank(demo, esmi):
    """The Welsh index of 2011 ranks 1,896 areas: a rank above is no rank, and the others are
    compared.
    """
    indices = {
        year: {"deprivation_index": f"IMD {year}", "country": "England"} for year in (2010, 2015)
    }
    ranks = [
        demo.data.loc[demo.data["deprivation_index"] == f"IMD {year}", "deprivation_rank"]
        for year in indices
    ]
    found = mm.compare(demo, ["deprivation_rank"], {str(year): at for year, at in indices.items()})
    a, b = (rank.dropna().astype(float) for rank in ranks)
    assert row(found, "deprivation_rank", "t")["effect"] == pytest.approx(a.mean() - b.mean())


def test_a_cohort_that_is_not_derived_yet_is_compared_alike(small_study, tmp_path):
    """What cannot be with a derived variable says nothing where that is not there."""
    path = tmp_path / "own.csv"
    path.write_text("\n".join([SIX_WOMEN.splitlines()[0], *ELEVEN.split(), ""]), encoding="utf-8")
    cohort = impossible(mm.read_cohort(path, small_study), {"band": "few", "house": "own"})
    assert "chi_squared" in kinds(mm.compare(cohort, ["house"], SIDES))


def test_what_is_wrong_with_the_groups_is_said_in_the_name_of_compare(hand):
    taken = {"left": {"side": "left"}, "rights": {"side": "right"}}
    unknown_level = {"lefts": {"side": "lefft"}, "rights": {"side": "right"}}
    no_condition = {"lefts": {"side": {"from": 1}}, "rights": {"side": "right"}}
    for between in (taken, unknown_level, no_condition):
        with pytest.raises(mm.UsageError, match=r"^compare: "):
            mm.compare(hand(), ["house"], between)


def test_a_course_that_a_group_cannot_have_is_not_tested(demo):
    wards = {
        "ward": {"service_type": "acute ward"},
        "unit": {"service_type": "mother and baby unit"},
    }
    assert "chi_squared" in kinds(mm.compare(demo, ["involvement_course"], wards))
    data = demo.data.copy()
    data.loc[data["service_type"] == "acute ward", "involved_t1"] = "Yes"
    results = mm.compare(replace(demo, data=data), ["involvement_course"], wards)
    why = "there was involvement at timepoint 1"
    assert only_note(results, "involvement_course") == ("zero_by_definition", why)
    zeros = [
        zero.level
        for zero in demo.study.structural_zeros("involvement_course")
        if zero.reason == why
    ]
    assert any(level.startswith("new (timepoint 2") for level in zeros)


def test_a_planted_difference_is_found_and_none_where_there_is_none(demo):
    data = demo.data.copy()
    data["relationship"] = pd.Categorical(
        np.where(data["involved_t1"] == "Yes", "single", "partner")
    )
    found = mm.compare(replace(demo, data=data), ["relationship"], AT_1)
    assert found["effect"].dropna().tolist() == pytest.approx([1, -100, 100])  # V, partner, single
    twice = pd.concat(
        [data.assign(country=name) for name in ("England", "Wales")], ignore_index=True
    )
    between = {name: {"country": name} for name in ("England", "Wales")}
    same = mm.compare(replace(demo, data=twice), ["ethnicity", "age_years"], between)
    assert (same["p_value"].dropna() > 1 - 1e-9).all()
    assert same["effect"].dropna().tolist() == pytest.approx([0] * same["effect"].count(), abs=1e-7)


def test_comparisons_are_saved_with_their_columns_timepoint_and_mark(demo, tmp_path):
    results = mm.compare(demo, ["relationship", "services_1y", "involved_t2"], AT_2, timepoint=2)
    assert results.about.kind == "comparisons"
    known = demo.data.loc[demo.data["involved_t2"].notna(), "services_1y"].count()
    assert set(results.loc[results["variable"] == "services_1y", "n"]) == {known}
    mm.save(results, "tests_t2")
    saved = pd.read_csv(tmp_path / "out" / "internal" / "esmi" / "tests_t2.csv")
    columns = (
        "table study timepoint status note variable level group_a group_b test statistic "
        "df p_value effect"
    )
    assert (
        list(saved)
        == list(results)
        == [*columns.split(), "effect_name", "conf_low", "conf_high", "n", "distinct", "reason"]
    )
    assert set(saved["timepoint"]) == {2}
    assert saved["note"].str.startswith("SYNTHETIC DATA").all()
    assert saved["p_value"].tolist() == pytest.approx(results["p_value"].tolist(), nan_ok=True)


def test_contrasts_are_disjoint_and_as_pandas_counts_them(demo, esmi, shipped):
    """Three-valued by hand: yes if one is, unknown if none is and one is not known."""
    recorded = ("safeguarding_t1", "safeguarding_t2", "custody_t2", "custody_lost_by_t2")
    t1, t2, now, lost = (
        shipped[name].astype("string").mask(shipped[name] == "") for name in recorded
    )
    plan_1, plan_2 = t1 == "child protection plan", t2 == "child protection plan"
    without, ever = now == "No", lost == "Yes"
    at_1, either = t1 != "none", (t1 != "none") | (t2 != "none")
    plan, gone = plan_1 | plan_2, ever | without
    expected = {
        "cpp_t1": (plan_1, at_1),
        "cpp_t2": (plan_2, t2 != "none"),
        "cpp_either": (plan, either),
    }
    expected |= {"custody_lost": (gone, either), "no_custody_t2": (without, either)}
    expected |= {"cpp_or_custody_lost": (plan | gone, either)}
    assert {outcome.name for outcome in esmi.file.outcomes if outcome.kind == "exploratory"} == set(
        expected
    )
    for name, (has, involved) in expected.items():
        pairs, without_it = list(esmi.contrasts(name).values()), (~has, ~has & involved)
        assert [list(pair)[1] for pair in pairs] == ["All others", "Involved, without it"]
        for pair, others in zip(pairs, without_it, strict=True):
            sizes = mm.summarise(demo, [], pair).set_index("group")["value"]
            assert sizes.to_dict() == {esmi.label(name): has.sum(), list(pair)[1]: others.sum()}
            results = mm.compare(
                demo, ["service_type"], pair, exact=True
            )  # known of everybody; raises if they overlap
            assert set(results["n"]) == {sizes.sum()}
        assert has.sum() + (~has).sum() == demo.data[name].notna().sum()
    with pytest.raises(mm.UsageError, match=r"the groups overlap"):
        mm.compare(demo, ["service_type"], ("all_t1", "involved_t1"))


def test_w_is_said_to_be_r_s_and_how_it_becomes_stata_s_rank_sum(demo):
    """By ranking all values: the ranks of the first group add up to W + n(n + 1)/2."""
    between = ("involved_t1", "not_involved_t1")
    values = demo.data["honos_total"].astype(float)
    known = demo.data["involved_t1"].notna() & values.notna()
    ranks = pd.Series(stats.rankdata(values[known]), index=values.index[known])
    first = demo.data.loc[known, "involved_t1"] == "Yes"
    found = mm.compare(demo, ["honos_total"], between)
    w = found.loc[found["test"] == "rank_sum", "statistic"].iloc[0]
    n = first.sum()
    assert ranks[first].sum() == pytest.approx(w + n * (n + 1) / 2)
    (said,) = (note for note in notes_of(demo, "honos_total", between) if "W is R's" in note)
    assert said.startswith("Test and p beside a median: Wilcoxon's rank-sum test without")
    assert said.endswith("which Stata prints, is W + n(n + 1)/2 with its n.")
    assert not [note for note in notes_of(demo, "age_years", between) if "W is R's" in note]


def test_only_fisher_s_test_is_said_to_be_exact(demo):
    """Exact tests are asked for of a number and of levels: the t-test's p has no mark."""
    between = ("involved_t1", "not_involved_t1")
    names = ["age_years", "honos_total", "ethnicity"]
    tests = mm.compare(demo, names, between, exact=True)
    noted = tests[tests["note"] == "asked_for"]
    assert {*noted["test"]} == {"fisher_exact"}
    table = mm.characteristics(mm.summarise(demo, names, between), comparisons=tests)
    (mark,) = (mark for mark, text in table.notes if "as for all levels" in text)
    marked = {
        row.variable
        for section in table.sections
        for row in section.rows
        for cell in row.cells
        if cell.mark == mark
    }
    assert marked == {"ethnicity"}
    (text,) = (text for own, text in table.notes if own == mark)
    assert text == "Fisher's exact test, as for all levels of this comparison."
