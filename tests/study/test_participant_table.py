"""The schema files are what the Data Package standard says: read by an implementation that is not
ours.

It does not look at `categories` (frictionless 5.21 accepts any code), so levels are checked by our
own reader only.
"""

import copy

import frictionless
import pytest
import yaml

from tests.conftest import REPOSITORY

PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"
STUDIES = {  # schema, shipped rows, an age that some rows exceed
    "hscc_2019": ("women.schema.yaml", "women_reconstructed.csv", 40),
    "esmi": ("dyads.schema.yaml", "dyads_synthetic.csv", 45),
}


@pytest.fixture(params=STUDIES)
def study_name(request) -> str:
    return request.param


@pytest.fixture
def schema(study_name) -> dict:
    path = REPOSITORY / "data_dictionary" / study_name / STUDIES[study_name][0]
    written = yaml.safe_load(path.read_text(encoding="utf-8"))
    written.pop("$schema")  # the package says the version for all its parts
    return written


def faults(schema: dict, study: str) -> list[tuple[str, str]]:
    """Kind and field of each fault that frictionless finds in the shipped rows."""
    resource = {"name": "rows", "path": STUDIES[study][1], "schema": schema}
    package = frictionless.Package.from_descriptor(
        {"$schema": PROFILE, "resources": [resource]},
        basepath=str(REPOSITORY / "data_dictionary" / study),
    )
    return [tuple(fault) for fault in package.validate().flatten(["type", "fieldName"])]


def test_another_program_accepts_schema_and_rows(schema, study_name):
    assert faults(schema, study_name) == []


def test_it_would_notice_rows_that_do_not_match(schema, study_name):
    narrow = copy.deepcopy(schema)
    next(f for f in narrow["fields"] if f["name"] == "age_years")["constraints"]["maximum"] = (
        STUDIES[study_name][2]
    )
    assert set(faults(narrow, study_name)) == {("constraint-error", "age_years")}
    renamed = copy.deepcopy(schema)
    renamed["fields"][2]["name"] = "side"
    assert ("incorrect-label", "side") in faults(renamed, study_name)


def test_it_refuses_what_is_no_schema(schema, study_name):
    schema["fields"][0]["type"] = "txt"
    with pytest.raises(frictionless.FrictionlessException):
        faults(schema, study_name)
