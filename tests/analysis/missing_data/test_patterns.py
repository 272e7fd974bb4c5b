"""Looking at missing values: patterns of six women by hand, refits, suppositions by hand, imputed
values one by one.
"""

from collections import Counter
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

import mothers_margins as mm
from mothers_margins.analysis.missing_data.patterns import ALL_KNOWN
from mothers_margins.cohort.design_columns import coded
from mothers_margins.errors import UsageError
from mothers_margins.results.results import codes
from mothers_margins.wording.head_and_foot import origin
from tests.by_hand import ruled, same


@pytest.fixture(scope="module")
def run(imputed_demo) -> mm.Imputed:
    return imputed_demo


# ---- patterns


def test_patterns_of_six_women(six_women):
    """Row 3 has no side, row 4 no score, row 5 refused house and has more visits than a band, row 6
    none.
    """
    found = mm.patterns(six_women, ["side", "score", "visits", "house", "band"])
    assert dict(zip(found["variables"], found["n"], strict=True)) == {
        "": 2, "side": 1, "score": 1, "house; band": 1, "visits; band": 1,
    }  # fmt: skip
    assert list(found["event"]) == [ALL_KNOWN, *["missing_together"] * 4]
    assert (found["denominator"] == 6).all()
    assert list(mm.patterns(six_women, ["score"])["n"]) == [5, 1]
    assert len(mm.patterns(six_women, [])) == 0


def test_what_does_not_apply_is_not_missing(demo, shipped):
    """From the file's text: first-time mothers are asked about no other child."""
    found = mm.patterns(demo, ["children_total", "other_children_csc"]).set_index("variables")["n"]
    codes = ["", ".a", ".b", ".c", ".d"]
    total = shipped["children_total"].isin(codes)
    other = shipped["other_children_csc"].isin(codes) & (shipped["children_total"] != "1")
    expected = Counter(zip(total, other, strict=True))
    assert found[""] == expected[False, False] == 273
    assert found.sum() == 279
    assert found.max() == found.iloc[0]
    assert found[[one for one in found.index if ";" in one]].tolist() == [expected[True, True]]


def test_patterns_refuse_unknown_names(demo):
    for wrong in (["ctq_totl"], "ctq_total"):
        with pytest.raises(UsageError):
            mm.patterns(demo, wrong)


# ---- imputed beside observed


def test_imputed_values_one_by_one(run):
    found = mm.imputed_values(run)
    before = run.cohort.data
    each = [run.complete(i).data for i in (1, 2, 3, 4)]
    # levels that the model puts together are imputed as one, so they are set beside as one
    model = run.cohort.study.codings["ethnicity"].merged
    together = {old: new for new, olds in model.items() for old in olds}
    before = before.assign(ethnicity=before["ethnicity"].astype("str").map(together))
    for name in (*run.filled, "ctq_total", "substance_misuse"):
        own = found[found["variable"] == name].set_index(["group", "level", "statistic"])
        seen = [value for value in before[name] if not pd.isna(value)]
        made, rows = [], set()
        for data in each:
            for row in data.index:
                if pd.isna(before[name][row]) and not pd.isna(data[name][row]):
                    made.append(data[name][row])
                    rows.add(row)
        for group, values, n in (("observed", seen, len(seen)), ("imputed", made, len(rows))):
            part = own.loc[group]
            assert (part["denominator"] == n).all(), name
            levels = [*model] if name == "ethnicity" else run.cohort.study.levels(name)
            for level in levels:
                share = values.count(level) / len(values)
                same(part.loc[(level, "percent"), "value"], 100 * share, 1e-9)
                counted = part.loc[(level, "percent"), "n"]
                assert pd.isna(counted) if group == "imputed" else counted == values.count(level)
            if not levels:
                numbers = [float(one) for one in values]
                mean = sum(numbers) / len(numbers)
                spread = (sum((one - mean) ** 2 for one in numbers) / (len(numbers) - 1)) ** 0.5
                same(part["value"].droplevel(0)[["mean", "sd"]], [mean, spread], 1e-9)
    assert (
        found.loc[
            (found["variable"] == "cas_total") & (found["group"] == "imputed"), "denominator"
        ].max()
        == 30
    )


# ---- stability


def test_stability_is_refits(demo, run):
    fit = mm.fit_logistic(run, "protocol")
    found = mm.stability(fit, [2, 4])
    assert list(found["m"].unique()) == [2, 4]
    assert list(mm.stability(fit)["m"].unique()) == [2, 3, 4]
    refit = mm.fit_logistic(mm.impute(demo, m=2, burnin=5, progress=False), "protocol")
    for k, one in ((2, refit), (4, fit)):
        rows = found[found["m"] == k].set_index("term")
        assert list(rows.index) == list(one.params.index)
        for name, values in (
            ("estimate", one.params),
            ("std_error", one.bse),
            ("fmi", one.fmi),
            ("df", one.df),
        ):
            same(rows[name], values, 1e-12)
    assert (found["model"] == "adjusted").all()
    assert list(mm.stability(fit, [3])["m"].unique()) == [3]
    for wrong in ([1], [5], []):
        with pytest.raises(UsageError, match="from 2 to 4"):
            mm.stability(fit, wrong)
    with pytest.raises(UsageError, match="pooled fit"):
        mm.stability(fit.fits[0])


# ---- what if the unknown outcomes were …


def test_suppose(demo, shipped):
    known = ~shipped["safeguarding_t2"].isin(["", ".a", ".b", ".c", ".d"])
    yes = known & (shipped["safeguarding_t2"] != "none")
    assert (~known).sum() == 20
    assert yes.sum() == 70
    for level, n in (("No", 70), ("Yes", 90)):
        found = mm.suppose(demo, "involved_t2", level)
        assert found.data["involved_t2"].notna().all()
        assert (found.data["involved_t2"] == "Yes").sum() == n
        assert (found.data["involved_t2"][known] == "Yes").equals(yes[known].rename("involved_t2"))
        assert found.reasons["involved_t2"].isna().all()
        assert found.source == replace(demo.source, supposed=(("involved_t2", level),))
        title = "Children's social care involvement at timepoint 2"
        assert origin(demo.study, found.source) == (
            f"{demo.source.statement} Supposed here: {title} is {level} wherever it is not known."
        )
        assert repr(found).endswith(f" Supposed where not known: {title}: {level}.")
        assert found.source.mark == demo.source.mark
    assert demo.data["involved_t2"].isna().sum() == 20
    among = mm.suppose(demo, "continued", "Yes")
    assert among.data["continued"].isna().sum() == (shipped["safeguarding_t1"] == "none").sum()
    for wrong in (("involved_t2", "yes"), ("involved", "Yes")):
        with pytest.raises(UsageError, match="suppose"):
            mm.suppose(demo, *wrong)


def test_bounds_are_complete_cases_under_each_supposition(demo):
    """By statsmodels: the rows with every explanatory variable known, and every unknown outcome the
    same.
    """
    plain = ruled(demo, minimum_cell=1)
    found = mm.bounds(plain, "involved_t2", "protocol")
    assert list(found["method"].unique()) == ["unknown_as_no", "unknown_as_yes"]
    terms = demo.study.terms("protocol", "involved_t2")
    columns = {"Intercept": pd.Series(1.0, demo.data.index)}
    for term in terms:
        columns |= {
            f"{n}[{level}]" if level else n: v
            for (n, level), v in coded(demo.study, demo.data, term).items()
        }
    x = pd.DataFrame(columns).dropna()
    for method, code in (("unknown_as_no", 0.0), ("unknown_as_yes", 1.0)):
        y = (
            demo.data["involved_t2"]
            .map({"Yes": 1.0, "No": 0.0})
            .astype(float)
            .fillna(code)[x.index]
        )
        one = sm.Logit(y, x).fit(disp=False, tol=1e-12)
        rows = found[(found["method"] == method) & found["estimate"].notna()].set_index("term")
        assert list(rows.index) == list(x)
        same(rows["estimate"], one.params, 1e-7)
        same(rows["std_error"], one.bse, 1e-7)
        assert (rows["n"] == len(x)).all()
        assert (rows["n_events"] == y.sum()).all()
        assert (rows["model"] == "adjusted").all()
    first = mm.bounds(plain, "involved_t2")
    same(first["estimate"], found["estimate"])  # the study's first model
    strict = mm.bounds(ruled(demo, minimum_cell=30, below_minimum="replace"), "involved_t2")
    assert all("by_firth" in codes(row) for row in strict.to_dict("records"))
    assert not found["note"].str.contains("firth").any()
    assert not np.allclose(strict["estimate"].dropna(), found["estimate"].dropna(), rtol=1e-3)


def test_bounds_keep_the_rule_of_exploratory_outcomes(demo):
    assert mm.why_not(demo, "exploratory", "custody_lost")
    assert "No model is fitted" in str(mm.bounds(demo, "custody_lost", "exploratory"))
    own = replace(demo, source=replace(demo.source, kind="restricted"))
    open_ = mm.bounds(ruled(own, minimum_cell=1), "involved_t2")
    assert open_.about.lock == "open"
    assert "NOT LOCKED: exploratory" in open_.about.marks
