"""Pages of docs/ that hold calls: every one is run, so that none can go stale."""

import re

import pandas as pd
import pytest

import mothers_margins as mm
from mothers_margins import imputation
from tests.conftest import REPOSITORY

PAGE = (REPOSITORY / "docs" / "from_stata.md").read_text(encoding="utf-8")
ROWS = [
    line.strip("| \n").split(" | ", 1)
    for line in PAGE.splitlines()
    if re.match(r"\| `?[a-z`(]", line)
]
ASKED = r"`((?:mm|imputed|pooled|imputation)\.[^`]+)`"
CALLS = [call for _, here in ROWS for call in re.findall(ASKED, here) if "path" not in call]


@pytest.fixture(scope="module")
def names(demo, esmi):
    """What the page's first lines define; the cohort is the demonstration one in any
    environment.
    """
    found = {"mm": mm, "imputation": imputation, "study": esmi, "cohort": demo}
    (start,) = re.findall(r"```python\n(.+?)```", PAGE, re.DOTALL)
    lines = [
        line
        for line in start.splitlines()
        if line and not line.startswith(("import", "study =", "cohort ="))
    ]
    exec("\n".join(lines), found)  # noqa: S102 (our own page)
    frame = pd.read_csv(REPOSITORY / "tests" / "data" / "reference" / "birthwt.csv")
    return found | {"frame": frame}


def test_the_page_has_a_line_for_every_command_of_the_protocol():
    typed = " ".join(stata for stata, _ in ROWS)
    commands = [
        "use",
        "merge",
        "misstable",
        "tabstat",
        "tab",
        "chi2",
        "exact",
        "ttest",
        "ranksum",
        "logit",
        "linktest",
    ]
    for command in [
        *commands,
        "estat gof",
        "vif",
        "lroc",
        "dfbeta",
        "test",
        "coefplot",
        "dtable",
        "firthlogit",
    ]:
        assert re.search(rf"\b{command}\b", typed), command
    for command in [
        "mi impute chained",
        "mi estimate",
        "mi test",
        "mi xeq",
        "mi predict",
        "mi import flong",
    ]:
        assert command in typed, command
    assert len(CALLS) >= 30


@pytest.mark.parametrize("call", CALLS)
def test_a_call_of_the_page_runs(call, names):
    assert eval(call, dict(names)) is not None  # noqa: S307 (our own page)
