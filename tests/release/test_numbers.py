"""Means of numbers that have two values only, from rows to the release."""

import pandas as pd
import pytest

import mothers_margins as mm
from mothers_margins.release.write_release import release
from tests.release.small_release import SCHEMA, STUDY, rows

PETS = (
    "  - {name: pets, title: Pets, type: integer, x-role: variable, x-summary: [mean_sd, "
    "median_iqr], constraints: {minimum: 0, maximum: 9}}\n"
)


def released_with(sixty, monkeypatch, pets) -> tuple[mm.Results, pd.DataFrame]:
    """Internal and released rows of a number that stands beside the age."""
    (sixty.home / "people.schema.yaml").write_text(SCHEMA + PETS, encoding="utf-8")
    sixty.define(STUDY.replace("variables: [age_years,", "variables: [age_years, pets,"))
    people = [person | {"pets": pets(number)} for number, person in enumerate(rows())]
    internal = sixty.run(monkeypatch, people, restricted=False)
    to = internal.parents[1] / "release" / "sixty"
    release(internal, to, study=sixty.study)
    inside = pd.read_csv(internal / "people.csv").query("variable == 'pets'")
    outside = pd.DataFrame(mm.read_release(to, sixty.study).results("people"))
    return inside, outside


def test_a_mean_of_noughts_and_ones_is_a_share_and_stays_inside(sixty, monkeypatch):
    inside, outside = released_with(sixty, monkeypatch, lambda number: str(number % 2))
    assert {*inside["distinct"]} == {2}
    own = outside[outside["variable"] == "pets"]
    assert {*own["statistic"]} == {"mean", "sd", "median", "q1", "q3"}
    assert {*own["status"]} == {"suppressed"}
    assert own[["value", "n", "denominator", "missing"]].isna().all(axis=None)
    age = outside[(outside["variable"] == "age_years") & (outside["group"] == "everyone")]
    assert {*age["status"]} == {"shown"}


def test_a_mean_of_three_values_is_printed(sixty, monkeypatch):
    inside, outside = released_with(sixty, monkeypatch, lambda number: str(number % 3))
    assert {*inside["distinct"]} == {3}
    mean = outside[(outside["variable"] == "pets") & (outside["statistic"] == "mean")]
    everyone = mean[mean["group"] == "everyone"].iloc[0]
    assert (everyone["status"], everyone["value"]) == ("shown", 1.0)


@pytest.mark.parametrize("name", ["people"])
def test_how_many_values_there_are_is_never_released(internal, to, name):
    release(internal, to)
    assert mm.read_release(to).results(name)["distinct"].isna().all()
