"""The page for the person who checks outputs: changes first, short, and every line behind it in the
files beside it, none of which leaves.
"""

import csv
import re
from dataclasses import replace

import pandas as pd
import pytest

import mothers_margins as mm
from mothers_margins.disclosure.ledger import MemoryLedger
from mothers_margins.release import checker
from mothers_margins.release.checker import checker_page
from mothers_margins.release.checker_words import WITHHELD
from mothers_margins.release.comparisons import released_comparisons
from mothers_margins.release.estimates import released_estimates
from mothers_margins.release.manifest import ALL_OF_CHECKER, CELLS_OF_CHECKER
from mothers_margins.release.predictions import released_predictions
from mothers_margins.release.prepared import Prepared, prepared
from mothers_margins.release.run_folder import read_run
from mothers_margins.release.withheld import Withheld
from mothers_margins.release.write_release import release, shares_of
from tests.release.made_release import demo_protected, demo_results
from tests.release.small_release import record


@pytest.fixture
def ready(internal, sixty) -> Prepared:
    return prepared(read_run(internal, sixty.study), MemoryLedger())


def headings(page: str) -> list[str]:
    return re.findall(r"<h2>(\d)\. ", page)


def test_changes_stand_before_what_is_hidden(ready):
    page = checker_page(ready, shares_of(ready), "")
    assert headings(page) == list("1234567")
    assert page.index("Changed since") < page.index("Needs your consent") < page.index("3. Hidden")
    assert "First release of this study" in page
    assert "Decided by: nobody. Reason: made up" in page
    assert mm.__version__ in page


def test_each_reason_is_one_line_with_its_numbers(ready):
    rows = [
        Withheld("people_tests", f"v{n}", "Yes", "difference", "hidden_share") for n in range(40)
    ]
    rows += [Withheld("people_fit", "v1", "", "estimate", "pinned")]
    page = checker_page(replace(ready, rows=tuple(rows)), shares_of(ready), "")
    assert page.count("one of its two shares is hidden") == 1
    assert "<td class='n'>40</td><td>people_tests 40</td>" in page
    assert "with what else is printed it would tell a small count" in page


def test_it_stays_short_whatever_has_changed(ready):
    """The rest is counted, and stands in the file beside it."""
    row = {"table": "people", "variable": "smokes", "level": "Yes", "group": "left"}
    row |= {"form_before": "counts", "form_now": "counts", "before": "30", "now": "31"}
    changes = pd.DataFrame([row | {"finding": "small_change"}] * 90)
    page = checker_page(replace(ready, changes=changes), shares_of(ready), "")
    assert page.count("changed by few (30 before, 31 now)") == checker.MOST_CHANGES
    assert f"and {90 - checker.MOST_CHANGES} more, in for_the_output_checker_changes.csv" in page
    assert "Consent is not given yet." in page


def test_every_hidden_count_stands_beside_and_nothing_of_it_leaves(internal, to, sixty):
    release(internal, to, study=sixty.study)
    with (internal / CELLS_OF_CHECKER).open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    assert {row["hidden"] for row in rows} <= {"by rule", "to protect others"}
    assert rows
    assert all(int(row["count"]) < 10 for row in rows if row["hidden"] == "by rule")
    for name in ALL_OF_CHECKER:
        assert (internal / name).is_file()
        assert not [*to.rglob(name)]
        assert (internal / name).stat().st_mode & 0o077 == 0


def test_a_run_with_these_files_is_released_again(internal, to, sixty):
    """Those that a notebook of the run wrote stand in its manifest; a release replaces them."""
    release(internal, to, study=sixty.study)
    record(internal.parents[1], "sixty", "of these people")
    (internal / ALL_OF_CHECKER[0]).write_text("the page of another release", encoding="utf-8")
    again = release(internal, to, study=sixty.study)
    assert again.tables == ("people",)


def test_every_reason_of_the_demo_has_words():
    withheld = []
    for t in (1, 2):
        cells = demo_results(f"cells_t{t}", "events")
        protected = demo_protected()
        for name in (f"estimates_t{t}", f"firth_t{t}"):
            withheld += released_estimates(demo_results(name, "estimates"), cells, protected)[1]
        predictions = demo_results(f"predictions_t{t}", "predictions")
        withheld += released_predictions(predictions, cells, protected)[1]
        comparisons = demo_results(f"comparisons_t{t}", "comparisons")
        withheld += released_comparisons(comparisons, protected)[1]
    assert len({one.code for one in withheld}) > 5
    assert {one.code for one in withheld} <= {*WITHHELD}
