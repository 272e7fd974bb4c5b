"""What was answered binds what is imputed: bounds, items, cuts; and whom a target concerns."""

import numpy as np
import pandas as pd
import pytest

from mothers_margins.imputation import Answers, Cut, Equation, ImputedAnswer, chained
from tests.imputable import bounds, completed, scale


def test_an_imputed_score_holds_what_was_answered():
    """One to all ten items missing: the score lies between the answers and the answers with the
    most of what is open; without an answer, inside the scale.
    """
    frame, answers, _ = scale()
    low, high = bounds(answers)
    equation = Equation("pmm", bounds=(low, high), answers=Answers(answers))
    for each in completed(frame, {"score": equation}):
        assert (each["score"] >= low).all()
        assert (each["score"] <= high).all()
        assert (each["score"] == each["score"].round()).all()
    free = completed(frame, {"score": "pmm"})
    assert any(((each["score"] < low) | (each["score"] > high)).any() for each in free)


@pytest.mark.parametrize("method", ["pmm", "truncreg"])
def test_bounds_bind_where_only_a_number_exists(method):
    frame, answers, _ = scale()
    low, high = bounds(answers)
    equation = Equation(method, limits=(0, 40), bounds=(low, high))
    for each in completed(frame, {"score": equation}):
        assert each["score"].between(low, high).all()


def test_the_imputed_rest_is_without_bias():
    """Of rows that answered one to nine items: imputed less true, within two standard errors; the
    answers' own mean times the number of open items would do as well, the regression on x alone
    would not.
    """
    off = []
    for seed in range(8):
        frame, answers, whole = scale(seed=seed, blanks=(1, 3, 5, 7, 9))
        truth = whole.sum(axis=1)
        equation = Equation("pmm", bounds=bounds(answers), answers=Answers(answers))
        hole = frame["score"].isna()
        both = completed(frame, {"score": equation}, m=2)
        off += [float((each["score"] - truth)[hole].mean()) for each in both]
    standard_error = np.std(off, ddof=1) / np.sqrt(len(off))
    assert abs(np.mean(off)) < 2 * standard_error + 0.1


def test_an_item_that_is_imputed_itself_is_in_the_score_once():
    """i0 is a variable of the run: in every completed row the score is the answers, i0 as imputed,
    and at most four for each of the others that are open.
    """
    frame, answers, _ = scale()
    frame["i0"] = answers["i0"]
    low, high = bounds(answers)
    equations = {
        "i0": Equation("pmm"),
        "score": Equation(
            "pmm", bounds=(low, high), answers=Answers(answers, {"i0": ImputedAnswer("i0")})
        ),
    }
    others = answers.drop(columns="i0")
    hole = frame["score"].isna() & frame["i0"].isna()
    only_i0 = hole & others.notna().all(axis=1)
    assert hole.sum() > 10
    for each in completed(frame, equations):
        rest = (each["score"] - each["i0"] - others.fillna(0).sum(axis=1))[hole]
        assert (rest >= 0).all()
        assert (rest <= 4 * others.isna().sum(axis=1)[hole]).all()
        assert (rest[only_i0[hole]] == 0).all()


def test_levels_that_count_in_a_score_count_as_they_were_imputed():
    """u counts the items at 2; i0 is imputed as levels, and its '2' is one more."""
    frame, answers, _ = scale()
    counts = answers.eq(2).astype(float).where(answers.notna())
    levels = pd.CategoricalDtype(["0", "1", "2", "3", "4"], ordered=True)
    frame = frame.drop(columns="score").assign(
        i0=answers["i0"].astype("Int64").astype("str").astype(levels),
        u=counts.sum(axis=1, skipna=False),
    )
    low = counts.fillna(0).sum(axis=1)
    high = low + counts.isna().sum(axis=1)
    known = Answers(counts, {"i0": ImputedAnswer("i0", {"2": 1.0})})
    equations = {"i0": "ologit", "u": Equation("pmm", bounds=(low, high), answers=known)}
    hole = frame["i0"].isna() & answers.drop(columns="i0").notna().all(axis=1)
    assert hole.any()
    for each in completed(frame, equations):
        assert (each["u"] == low + (each["i0"] == "2"))[hole].all()


def test_a_score_follows_inside_the_level_that_it_is_cut_into():
    """High is 15 and more. Levels are drawn first, the score inside; who answered some items gets
    the level of a score with these answers.
    """
    frame, answers, whole = scale(n=800)
    low, high = bounds(answers)
    kind = pd.CategoricalDtype(["yes", "no"])
    known = low.ge(15) | frame["score"].notna()
    high_level = pd.Series(np.where(low >= 15, "yes", "no"), index=frame.index)
    frame["high"] = high_level.where(known).astype(kind)
    equations = {
        "high": Equation("logit", answers=Answers(answers), cut=Cut("score", "yes", 15)),
        "score": Equation(
            "pmm", bounds=(low, high), answers=Answers(answers), cut=Cut("high", "yes", 15)
        ),
    }
    hole = frame["high"].isna()
    truth = float((whole.sum(axis=1)[hole] >= 15).mean())
    shares = []
    for each in completed(frame, equations):
        assert ((each["score"] >= 15) == (each["high"] == "yes")).all()
        assert each["score"].between(low, high).all()
        shares.append(float((each["high"] == "yes")[hole].mean()))
    assert np.mean(shares) == pytest.approx(truth, abs=0.1)


def test_two_counts_of_the_same_items_are_together_at_most_the_items():
    rng = np.random.default_rng(4)
    met = rng.binomial(20, 0.4, 200).astype(float)
    unmet = rng.binomial((20 - met).astype(int), 0.7).astype(float)
    frame = pd.DataFrame({"x": rng.standard_normal(200), "met": met, "unmet": unmet})
    frame.loc[:59, ["met", "unmet"]] = np.nan
    inside = (pd.Series(0.0, frame.index), pd.Series(20.0, frame.index))
    equations = {
        "met": Equation("pmm", bounds=inside),
        "unmet": Equation("pmm", only=("x",), bounds=inside, beside=("met", 20)),
    }
    for each in completed(frame, equations):
        assert (each["met"] + each["unmet"] <= 20).all()
    apart = {name: Equation("pmm", only=("x",), bounds=inside) for name in equations}
    assert any((each["met"] + each["unmet"] > 20).any() for each in completed(frame, apart))


def test_a_closed_gate_has_its_own_level():
    """Where nobody was asked the level is no, not missing; an imputed gate is followed."""
    rng = np.random.default_rng(5)
    kind = pd.CategoricalDtype(["yes", "no"])
    gate = pd.Series(np.where(rng.random(200) < 0.8, "open", "closed"), dtype="category")
    level = pd.Series(np.where(rng.random(200) < 0.5, "yes", "no"))
    frame = pd.DataFrame({"x": rng.standard_normal(200), "gate": gate, "level": level})
    frame["level"] = frame["level"].mask(gate == "closed", "no").astype(kind)
    frame.loc[:49, "level"] = np.nan
    frame.loc[:19, "gate"] = np.nan
    equation = Equation("logit", applies=("gate", "open"), closed_as="no")
    drawn = set()
    for each in completed(frame, {"gate": "logit", "level": equation}):
        assert each["level"].notna().all()
        assert (each["level"] == "no")[each["gate"] == "closed"].all()
        drawn |= {*each["level"][:20]}
    assert drawn == {"yes", "no"}


def test_who_is_not_concerned_teaches_the_equation_nothing():
    """Half are not concerned and are a no by definition; of the others 80 % are a yes. Imputed are
    only those concerned, so about 80 %, not 40 %.
    """
    rng = np.random.default_rng(7)
    concerned = pd.Series(np.arange(600) % 2 == 0)
    yes = concerned & (rng.random(600) < 0.8)
    kind = pd.CategoricalDtype(["yes", "no"])
    level = pd.Series(np.where(yes, "yes", "no")).mask(concerned & (rng.random(600) < 0.3))
    frame = pd.DataFrame({"x": rng.standard_normal(600), "level": level.astype(kind)})
    equation = Equation("logit", applies=concerned, closed_as="no")
    hole = frame["level"].isna()
    shares = [
        (each["level"] == "yes")[hole].mean()
        for each in completed(frame, {"level": equation}, m=20)
    ]
    assert np.mean(shares) == pytest.approx(0.8, abs=0.06)


def test_a_shift_stops_at_the_bounds_and_is_counted():
    frame, answers, _ = scale()
    low, high = bounds(answers)
    equation = Equation("pmm", bounds=(low, high), answers=Answers(answers), delta=5.0)
    made = chained(frame, {"score": equation}, m=3, burnin=2, seed=3)
    for i in (1, 2, 3):
        assert made.complete(i)["score"].between(low, high).all()
    assert "shift_stopped" in set(made.events_frame()["event"])


def test_a_shift_of_levels_does_not_move_who_answered_some_items():
    frame, answers, _ = scale(n=800)
    low, _ = bounds(answers)
    known = low.ge(15) | frame["score"].notna()
    level = pd.Series(np.where(low >= 15, "yes", "no")).where(known)
    frame = frame.drop(columns="score").assign(
        high=level.astype(pd.CategoricalDtype(["no", "yes"]))
    )
    equation = Equation("logit", answers=Answers(answers), cut=Cut("score", "yes", 15), delta=3.0)
    made = chained(frame, {"high": equation}, m=2, burnin=2, seed=3)
    stopped = made.events_frame().set_index("event").loc["shift_stopped"]
    partly = (~known & answers.notna().any(axis=1)).sum()
    assert stopped["n"] == 2 * 2 * partly  # chains, sweeps


def test_too_few_donors_inside_are_an_event_and_a_value_inside():
    """Nobody scores 35 or more, and one row must."""
    frame, _, whole = scale(blanks=(0,))
    frame["score"] = whole.sum(axis=1).clip(upper=34)
    frame.loc[0, "score"] = np.nan
    low = pd.Series(0.0, frame.index)
    low[0] = 36.0
    equation = Equation("pmm", bounds=(low, pd.Series(40.0, frame.index)))
    made = chained(frame, {"score": equation}, m=3, burnin=2, seed=3)
    assert {36, 37, 38, 39, 40} >= {made.complete(i)["score"][0] for i in (1, 2, 3)}
    assert "few_donors" in set(made.events_frame()["event"])


def test_an_equation_is_fitted_among_those_whom_it_concerns():
    """Planted: a closed gate gives every other row a No; behind it, at even chance, Yes or No."""
    rng = np.random.default_rng(5)
    is_open = pd.Series(np.arange(800) % 2 == 1)
    abused = pd.Series(np.where(is_open & (rng.random(800) < 0.5), "Yes", "No")).astype(
        pd.CategoricalDtype(["No", "Yes"])
    )
    gap = pd.Series(np.arange(800) % 8 == 1)
    frame = pd.DataFrame({"x": rng.standard_normal(800), "abused": abused.mask(gap)})
    observed = float((frame["abused"][is_open & ~gap] == "Yes").mean())
    equation = Equation("logit", applies=is_open, closed_as="No")
    made = chained(frame, {"abused": equation}, m=20, burnin=1, seed=2)
    shares = [(made.complete(i)["abused"][gap] == "Yes").mean() for i in range(1, 21)]
    assert abs(np.mean(shares) - observed) < 0.05  # among all it is a quarter
    expected = [
        min(chain.expected["abused"], 1 - chain.expected["abused"]) for chain in made.chains
    ]
    assert abs(np.mean(expected) - min(observed, 1 - observed)) < 0.05
    assert made.predictors["abused"] == ("x",)


def test_an_item_that_was_imputed_as_neither_leaves_two_counts_less_room():
    """Two counts of three items, of which one is imputed: as neither of the two, what is left for
    both together is two.
    """
    rng = np.random.default_rng(6)
    levels = pd.CategoricalDtype(["none", "met", "unmet"])
    whole = pd.DataFrame(
        rng.choice(levels.categories, (300, 3), p=[0.2, 0.4, 0.4]), columns=[*"abc"]
    )
    answers = whole.mask(np.arange(300)[:, None] % 3 == np.zeros(3))
    counts = {
        value: (answers == value).astype(float).where(answers.notna()) for value in ("met", "unmet")
    }
    frame = pd.DataFrame({"x": rng.standard_normal(300), "a": answers["a"].astype(levels)})
    everywhere = pd.Series(1.0, frame.index)
    equations = {"a": Equation("mlogit")}
    for value, other in (("unmet", None), ("met", "unmet")):
        frame[value] = counts[value].sum(axis=1, skipna=False)
        equations[value] = Equation(
            "pmm",
            only=("x",),  # so that the counts' own equations do not happen to keep apart
            bounds=(counts[value].sum(axis=1), counts[value].fillna(1).sum(axis=1)),
            answers=Answers(counts[value], {"a": ImputedAnswer("a", {value: 1.0})}),
            beside=(other, everywhere * 3) if other else None,
        )
    made = chained(frame, equations, m=10, burnin=2, seed=4)
    gap = frame["met"].isna()
    for i in range(1, 11):
        now = made.complete(i)[gap]
        for value in counts:
            assert (now[value] >= (now["a"] == value)).all()
        assert (now["met"] + now["unmet"] <= 3 - (now["a"] == "none")).all()
