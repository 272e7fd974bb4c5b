"""What cannot hold in leag.yaml: each fault planted once, and the study without one."""

from dataclasses import replace

import pytest

from mothers_margins.study.checks.leag import in_leag
from mothers_margins.study.leag_file import Factor


def changed(esmi, **change):
    return replace(esmi, leag=esmi.leag.model_copy(update=change))


def test_the_study_has_no_fault(esmi):
    assert list(in_leag(esmi)) == []
    assert list(in_leag(replace(esmi, leag=None))) == []


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"factors": (Factor(variable="dv_none", level="Yes"),)}, "factors: no variable 'dv_none'"),
        ({"factors": (Factor(variable="dv_any", level="Maybe"),)}, "dv_any has no level 'Maybe'"),
        (
            {"factors": (Factor(variable="dv_any", level="Yes"),) * 2},
            "dv_any, Yes stands twice",
        ),
        (
            {"factors": (Factor(variable="icd10_substance", level="Yes"),)},
            "icd10_substance says nothing of its levels",
        ),
        ({"needs": ("canm_99",)}, "needs: no variable 'canm_99'"),
        ({"needs": ("canm_02",)}, "canm_02 has no plain label"),
        (
            {"banned": {"abuse": "harm"}},
            "'faced abuse by a partner', which holds the banned word",
        ),
        ({"banned": {"sleep": "rest"}}, "'Sleep', which holds the banned word 'sleep'"),
    ],
)
def test_every_fault_is_found(esmi, change, fault):
    assert any(fault in one for one in in_leag(changed(esmi, **change)))
