"""Whether imputations are enough: planted results, with numbers worked by hand; and that more
chains leave the first ones as they are.
"""

from math import nan

import pandas as pd
import pytest

import mothers_margins as mm
from mothers_margins.results.results import NOT_LOCKED
from tests.planted import RESTRICTED, complete, estimates, filled, one


def planted(study: mm.Study, m: int, **more) -> mm.Results:
    """FMI .3 of the trauma total, .2 of abuse; the constant has most, and is not reported."""
    rows = [
        one("dv_any", "Yes", 0.5, 0.3, fmi=0.2, m=m, **more),
        one("ctq_total", "", 0.2, 0.1, fmi=0.3, m=m, **more),
        one("", "", -1.0, 0.5, fmi=0.8, m=m, **more),
        one("dv_any", "Yes", 0.5, 0.3, fmi=0.9, m=m, **more) | {"model": "unadjusted"},
    ]
    return estimates(study, *rows)


def test_too_few_say_how_many_are_needed(esmi):
    """FMI .3 of 8: logit -.8473 + 1.96 x .5 = .1327, so .53312, and 1 + 10.6625²/2 = 57.8."""
    assert str(mm.enough_imputations(planted(esmi, 8))) == (
        "The largest fraction of missing information is 30% (Childhood trauma (CTQ total), per 10 "
        "points): 58 imputations are needed, and there are 8. They are too few. Run this notebook "
        "with m = 58: chains are added, and those that there are stay as they are. SYNTHETIC DATA."
    )


@pytest.mark.parametrize(("m", "enough"), [(80, True), (30, False), (36, True)])
def test_the_boundary(esmi, m, enough):
    """FMI .3 of 80: .36879, which needs 29, and 100 FMI are 30. Of 30: logit -.8473 + .5061 =
    -.3412, so .41551, 1 + 8.3103²/2 = 35.5; of 36: -.8473 + .4620 = -.3853, .40484, 33.8.
    """
    said = str(mm.enough_imputations(planted(esmi, m)))
    assert ("They are enough." in said) == enough
    needed = {80: 30, 30: 36, 36: 34}[m]
    assert f"{needed} imputations are needed, and there are {m}." in said


def test_of_several_numbers_the_largest_is_asked(esmi):
    both = mm.stack(planted(esmi, 8), planted(esmi, 80))
    assert str(mm.enough_imputations(both)) == str(mm.enough_imputations(planted(esmi, 80)))


def test_what_is_hidden_or_not_known_is_not_said(esmi):
    hidden = str(mm.enough_imputations(planted(esmi, 8, status="suppressed")))
    assert hidden == (
        "[c] imputations; the largest fraction of missing information: [c]. SYNTHETIC DATA."
    )
    unknown = str(mm.enough_imputations(filled(esmi, m=1).assign(fmi=nan).pipe(_about, esmi)))
    assert unknown.startswith("1 imputations; the largest fraction of missing information: –.")
    restricted = filled(esmi, RESTRICTED, "open")
    assert str(mm.enough_imputations(restricted)).endswith(f"{NOT_LOCKED}.")
    assert "no pooled adjusted estimate" in str(mm.enough_imputations(complete(esmi)))


def _about(frame: mm.Results, study: mm.Study) -> mm.Results:
    frame.about = filled(study).about
    return frame


def test_more_chains_leave_the_first_ones_as_they_are(demo):
    few, more = (mm.impute(demo, "involved_t1", m=m, burnin=2, progress=False) for m in (3, 5))
    for i in (1, 2, 3):
        pd.testing.assert_frame_equal(few.complete(i).data, more.complete(i).data)
    assert not more.complete(5).data.equals(more.complete(1).data)
