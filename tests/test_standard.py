"""The schema files are what the Data Package standard says: read by an implementation that is not ours.

It does not look at `categories` (frictionless 5.21 accepts any code), so levels are checked by our own reader only.
"""

import copy

import frictionless
import pytest
import yaml

from .conftest import REPOSITORY

FOLDER = REPOSITORY / "data_dictionary" / "hscc_2019"
PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"


@pytest.fixture
def schema() -> dict:
    written = yaml.safe_load((FOLDER / "women.schema.yaml").read_text(encoding="utf-8"))
    written.pop("$schema")  # the package says the version for all its parts
    return written


def faults(schema: dict) -> list[tuple[str, str]]:
    """Kind and field of each fault that frictionless finds in the shipped rows."""
    resource = {"name": "women", "path": "women_reconstructed.csv", "schema": schema}
    package = frictionless.Package.from_descriptor({"$schema": PROFILE, "resources": [resource]}, basepath=str(FOLDER))
    return [tuple(fault) for fault in package.validate().flatten(["type", "fieldName"])]


def test_another_program_accepts_schema_and_rows(schema):
    assert faults(schema) == []


def test_it_would_notice_rows_that_do_not_match(schema):
    narrow = copy.deepcopy(schema)
    next(field for field in narrow["fields"] if field["name"] == "age_years")["constraints"]["maximum"] = 40
    assert set(faults(narrow)) == {("constraint-error", "age_years")}
    renamed = copy.deepcopy(schema)
    renamed["fields"][2]["name"] = "side"
    assert ("incorrect-label", "side") in faults(renamed)


def test_it_refuses_what_is_no_schema(schema):
    schema["fields"][0]["type"] = "txt"
    with pytest.raises(frictionless.FrictionlessException):
        faults(schema)
