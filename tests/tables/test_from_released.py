"""Tables and figures of what was released: what is hidden is in none of them."""

import re
from collections.abc import Iterator

import pandas as pd
import pytest

import mothers_margins as mm
from mothers_margins import places
from mothers_margins.release.run_folder import read_run
from mothers_margins.release.write_release import release
from tests.conftest import mm_read
from tests.readable import everything
from tests.release.small_release import Sixty


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Iterator[tuple[mm.Released, mm.Results]]:
    """A release of sixty people, and the internal summary behind it."""
    folder = tmp_path_factory.mktemp("sixty")
    with pytest.MonkeyPatch.context() as patch:
        sixty = Sixty(folder / "project")
        patch.setattr(places, "project", lambda: sixty.folder)
        internal = sixty.run(patch, restricted=False)
        to = internal.parents[1] / "release" / "sixty"
        release(internal, to)
        study = mm_read(sixty.home)
        yield mm.read_release(to, study), read_run(internal, study).results["people"]


def hidden_counts(released: mm.Results, internal: mm.Results) -> list[tuple[str, str, str, int]]:
    """Variable, level, group and true count of what is hidden, and not empty."""
    keys = ["variable", "level", "group", "statistic"]
    both = pd.DataFrame(released).merge(pd.DataFrame(internal), on=keys, suffixes=("", "_inside"))
    counts = both[(both["statistic"] == "n") & (both["status"] == "suppressed")]
    rows = counts[counts["value_inside"] > 0].to_dict("records")
    return [(r["variable"], r["level"], r["group"], int(r["value_inside"])) for r in rows]


def cell_of(table: mm.Table, variable: str, level: str, group: str) -> str:
    return table.quote(variable, group, level)


def test_a_hidden_count_is_in_no_table(made):
    released, internal = made
    table = mm.characteristics(released, "people")
    behind = mm.characteristics(internal)
    planted = hidden_counts(released.results("people"), internal)
    assert len(planted) > 5
    for variable, level, group, count in planted:
        assert cell_of(table, variable, level, group) == "[c]"
        # the same search finds it where it is not hidden
        assert str(count) in re.findall(r"\d+", cell_of(behind, variable, level, group))


def test_one_note_says_why(made):
    released, internal = made
    table = mm.characteristics(released, "people")
    said = [words for _, words in table.notes if "[c]" in words]
    assert len(said) == 1
    assert "(policy: no count below 10 is shown)" in said[0]
    assert not [words for _, words in mm.characteristics(internal).notes if "[c]" in words]


def test_a_figure_draws_nothing_for_a_hidden_share_and_says_so(made):
    released, internal = made
    planted = {
        (variable, level)
        for variable, level, *_ in hidden_counts(released.results("people"), internal)
    }
    (variable, *_) = [name for name, level in sorted(planted) if level == "Yes"]
    figure = mm.group_bars(released, name="people", variables=[variable])
    assert "Left out: suppressed values ([c])" in figure.alt
    whole = mm.group_bars(internal[internal["variable"] == variable])
    assert "Left out" not in whole.alt
    bars = [len(axes.patches) for axes in figure.drawn.axes]
    assert sum(bars) < sum(len(axes.patches) for axes in whole.drawn.axes)
    assert everything(figure) != everything(whole)


def test_a_release_is_asked_by_name(made):
    released, internal = made
    with pytest.raises(mm.UsageError, match="peple"):
        mm.characteristics(released, "peple")
    with pytest.raises(mm.UsageError, match="say which of the released results"):
        mm.group_bars(released)
    with pytest.raises(mm.UsageError, match="say which of the released results"):
        mm.odds_ratios(released)
    with pytest.raises(mm.UsageError, match="say which of the released results"):
        mm.forest(released)
    with pytest.raises(mm.UsageError, match="of what read_release returns"):
        mm.group_bars(internal, name="people")
    with pytest.raises(mm.UsageError, match="summaries, not estimates"):
        mm.odds_ratios(released, name="people")
    with pytest.raises(mm.UsageError, match="smoke"):
        released.results("people", ["smoke"])


def test_rows_come_in_the_order_that_is_asked(made):
    released, _ = made
    chosen = released.results("people", ["works", "smokes"])
    assert list(dict.fromkeys(chosen["variable"])) == ["works", "smokes"]
    assert chosen.about.released
