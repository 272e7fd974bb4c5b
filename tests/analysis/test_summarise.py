"""Counting and summarising, worked by hand on six rows (conftest.SIX_WOMEN)."""

import math

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import mothers_margins as mm
from mothers_margins.rounding import rounded
from tests.conftest import SIX_WOMEN


def value(results: mm.Results, statistic: str, level: str = "", group: str = "all") -> float:
    found = results.query(
        "statistic == @statistic and level == @level and group == @group and variable != 'n'"
    )
    assert len(found) == 1
    return found["value"].item()


def test_counts_have_the_women_with_a_known_value_as_denominator(six_women):
    house = mm.summarise(six_women, ["house"], ["all", "left"])
    # all: own, rent, own, own, refused, rent; left: rows 1, 2 and 5: own, rent, refused
    assert value(house, "n", "own") == 3
    assert value(house, "percent", "own") == pytest.approx(100 * 3 / 5)
    assert value(house, "percent", "own", "left") == pytest.approx(100 * 1 / 2)
    row = house.query("level == 'own' and group == 'all' and statistic == 'n'").iloc[0]
    assert (row["n"], row["denominator"], row["missing"]) == (3, 5, 1)


def test_options_of_one_question_are_counted_on_their_own(six_women):
    services = mm.summarise(six_women, ["services"], ["all"])
    # team: 1 1 0 0 missing 1; ward: 0 1 1 0 1 0
    assert value(services, "n", "Team") == 3
    assert value(services, "percent", "Team") == pytest.approx(100 * 3 / 5)
    assert value(services, "n", "Ward") == 3
    assert value(services, "percent", "Ward") == pytest.approx(100 * 3 / 6)


def test_means_and_deviations(six_women):
    score = mm.summarise(six_women, ["score"], ["all"])
    # 10 20 30 50 60: mean 170 / 5 = 34; squares 576 196 16 256 676 = 1720; 1720 / 4 = 430
    assert value(score, "mean") == 34
    assert value(score, "sd") == pytest.approx(math.sqrt(430))


def test_quantiles(six_women):
    visits = mm.summarise(six_women, ["visits"], ["all"])
    # 1 2 3 4 12: linear between order statistics
    assert [value(visits, name) for name in ("median", "q1", "q3", "min", "max")] == [
        3,
        2,
        4,
        1,
        12,
    ]


def test_a_group_without_a_known_value_is_missing_not_zero(six_women):
    summary = mm.summarise(
        six_women,
        ["visits", "house"],
        {"last": {"side": "right", "house": "rent"}, "fifth": {"band": "many", "side": "left"}},
    )
    last = summary.query("group == 'last' and variable == 'visits'")
    assert (last["status"] == "missing").all()
    assert last["value"].isna().all()
    empty = summary.query("group == 'fifth' and variable == 'house'")
    assert (empty["status"] == "missing").all()
    table = mm.characteristics(summary)
    assert table.quote("visits", "last") == "–"


def test_overlapping_groups_are_each_counted_whole(six_women):
    summary = mm.summarise(six_women, ["house"], ["all", "left", "owners"])
    sizes = summary.query("variable == 'n'").set_index("group")["value"]
    assert sizes.to_dict() == {"all": 6, "left": 3, "owners": 3}


def test_results_have_the_columns_of_their_kind_in_order(six_women):
    summary = mm.summarise(six_women, ["house"], ["all"], timepoint=2)
    assert list(summary.columns) == [
        *("table", "study", "timepoint", "status", "note"),
        *(
            "block",
            "variable",
            "level",
            "group",
            "statistic",
            "value",
            "n",
            "denominator",
            "missing",
            "distinct",
        ),
    ]
    assert set(summary["timepoint"]) == {2}
    assert set(summary["study"]) == {"small"}


def test_levels_stand_in_declared_order_also_when_nobody_has_them(six_women):
    summary = mm.summarise(
        six_women, ["band"], {"none": {"side": "left", "house": "own", "band": "many"}}
    )
    assert summary.query("statistic == 'n' and variable == 'band'")["level"].tolist() == [
        "few",
        "many",
    ]


@pytest.mark.parametrize(
    ("variables", "groups", "said"),
    [
        (["hous"], ["all"], "no variable 'hous'; did you mean 'house'?"),
        (["house"], ["al"], "no group 'al'; did you mean 'all'?"),
        ("house", ["all"], "variables must be a list of names: ['house']"),
        (["HOUSE"], ["all"], "no variable 'HOUSE'; did you mean 'house'?"),
        (["house"], "all", "must be a list of names"),
        (["house"], {}, "must be a list of names"),
        (
            ["house"],
            {"x": {"house": "castle"}},
            "'castle' is no level of house (declared: own, rent)",
        ),
        (
            ["house"],
            {"x": {"services": "Yes"}},
            "'Yes' is no level of services (declared: Team, Ward)",
        ),
        (["house"], {"x": {"visits": 3}}, "has the form {variable: level}"),
        (["house"], {"x": {"hous": "own"}}, "no variable 'hous'"),
    ],
)
def test_unknown_names_are_usage_errors(six_women, variables, groups, said):
    with pytest.raises(mm.UsageError) as raised:
        mm.summarise(six_women, variables, groups)
    assert said in str(raised.value)


def test_each_verb_says_what_it_needs(study, cohort, table_1):
    for call in (
        lambda: mm.summarise(study),
        lambda: mm.derive(study),
        lambda: mm.open_cohort("hscc_2019"),
        lambda: mm.read_cohort("x.csv", "hscc_2019"),
        lambda: mm.overview("hscc_2019", "groups"),
    ):
        with pytest.raises(
            mm.UsageError, match=r"needs a (cohort|study).*; it was given a (Study|str)"
        ):
            call()
    for builder in (mm.characteristics, mm.themes, mm.check_published):
        for wrong in (cohort, study, pd.DataFrame(table_1)):
            with pytest.raises(
                mm.UsageError, match="does not say which study and rows it comes from"
            ):
                builder(wrong)
    with pytest.raises(mm.UsageError, match="these results are themes, not summaries"):
        mm.check_published(mm.list_themes(study))
    answer = mm.characteristics(mm.summarise(cohort, [], ["hssi"]))
    assert str(answer) == "There is no variable to describe."


def test_summarising_changes_nothing(six_women):
    before = six_women.data.copy()
    mm.summarise(six_women)
    pd.testing.assert_frame_equal(six_women.data, before)


def test_a_zero_by_definition_has_its_own_status(table_1):
    row = table_1.query(
        "variable == 'custody_of_baby' and level == 'No' and group == 'lssi' and statistic == 'n'"
    ).iloc[0]
    assert (row["status"], row["value"]) == ("structural_zero", 0)
    others = table_1.query("variable == 'custody_of_baby' and group != 'lssi'")
    assert set(others["status"]) == {"shown"}


def test_a_study_without_themes_or_print_says_so(six_women, small_study):
    with pytest.raises(mm.UsageError, match=r"no themes\.yaml"):
        mm.list_themes(small_study)
    with pytest.raises(mm.UsageError, match="prints none of the numbers"):
        mm.check_published(mm.summarise(six_women, ["house"], ["all"]))


@given(
    rows=st.lists(
        st.tuples(
            st.sampled_from(["left", "right", ""]), st.sampled_from(["own", "rent", "", "-9"])
        ),
        min_size=1,
    )
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_levels_and_missing_add_up_to_the_group(small_study, rows):
    lines = [f"w{number},{side},5,,{house},," for number, (side, house) in enumerate(rows)]
    path = small_study.folder / "any.csv"
    path.write_text("\n".join([SIX_WOMEN.splitlines()[0], *lines]) + "\n", encoding="utf-8")
    summary = mm.summarise(mm.read_cohort(path, small_study), ["house"], ["all", "left"])
    for name, expected in (("all", rows), ("left", [row for row in rows if row[0] == "left"])):
        cells = summary[(summary["group"] == name) & (summary["variable"] == "house")]
        counted, percent = (
            cells[cells["statistic"] == statistic] for statistic in ("n", "percent")
        )
        known = [house for _, house in expected if house in ("own", "rent")]
        assert counted["n"].tolist() == [known.count("own"), known.count("rent")]
        assert set(counted["denominator"]) == {len(known)}
        assert set(counted["missing"]) == {len(expected) - len(known)}
        assert percent["value"].sum() == pytest.approx(100 if known else 0)


@pytest.mark.parametrize(
    ("number", "decimals", "rule", "text"),
    [
        (38.888888888888886, 0, "half_up", "39"),  # 7 of 18
        (63.63636363636363, 0, "half_up", "64"),  # 7 of 11
        (0.5, 0, "half_up", "1"),
        (0.5, 0, "half_even", "0"),
        (2.5, 0, "half_up", "3"),
        (2.5, 0, "half_even", "2"),
        (0.285, 2, "half_up", "0.29"),  # in binary just below; a reader sees 0.285
        (1.005, 2, "half_up", "1.01"),
        (12, 1, "half_up", "12.0"),
        (-0.5, 0, "half_up", "-1"),
        (99.95, 1, "half_up", "100.0"),
        (1e-7, 2, "half_up", "0.00"),
    ],
)
def test_rounding_follows_the_declared_rule(number, decimals, rule, text):
    assert rounded(number, decimals, rule) == text


@given(st.floats(-1e6, 1e6), st.integers(0, 4))
def test_rounding_moves_a_number_by_at_most_half_a_unit(number, decimals):
    for rule in ("half_up", "half_even"):
        text = rounded(number, decimals, rule)
        assert abs(float(text) - number) <= 0.5 * 10**-decimals + 1e-9
        assert len(text.partition(".")[2]) == decimals
