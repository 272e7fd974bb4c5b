"""Fits of other programs are pooled only if they are estimates."""

import warnings
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

import mothers_margins as mm


def fits(frame: pd.DataFrame, **kwargs) -> list:
    design = sm.add_constant(frame[["b"]])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return [sm.Logit(frame["y"], design).fit(disp=0, **kwargs) for _ in range(3)]


SEPARATED = pd.DataFrame({"y": [0.0] * 30 + [1.0] * 30, "b": [0.0] * 30 + [1.0] * 30})
MIXED = pd.DataFrame({"y": [0.0, 1.0] * 30, "b": [0.0] * 25 + [1.0] * 35})


def test_fits_that_did_not_converge_are_refused_with_their_places():
    good = fits(MIXED)
    bad = fits(SEPARATED, maxiter=20)
    with pytest.raises(mm.UsageError) as raised:
        mm.pool([good[0], bad[0], good[1], bad[1]])
    assert raised.value.problems == ("fits 2, 4 of 4: did not converge",)
    assert mm.pool(good).params.to_numpy() == pytest.approx(good[0].params.to_numpy(), rel=1e-12)


@pytest.mark.parametrize("method", ["bfgs", "lbfgs", "cg"])
def test_a_fit_that_says_that_it_converged_on_the_way_to_infinity_is_refused(method):
    """Separated by b: where the search stops the likelihood is flat, so statsmodels says that it
    converged, with estimates of 19 to 32.
    """
    bad = fits(SEPARATED, method=method)
    assert all(fit.mle_retvals["converged"] for fit in bad)
    with pytest.raises(mm.UsageError, match="as good as infinite"):
        mm.pool(bad)


def test_a_large_constant_is_no_fault():
    """As it is beside a calendar year."""
    far = MIXED.assign(b=2010 + MIXED["b"])  # a large constant is no fault
    assert mm.pool(fits(far, maxiter=100)).params["b"] == pytest.approx(
        fits(MIXED)[0].params["b"], rel=1e-5
    )


class Outside:
    """A fit of another shape."""

    def __init__(self, params: list[float], covariance: list[list[float]], **says: object) -> None:
        self.params = np.array(params)
        self.covariance = np.array(covariance)
        for name, value in says.items():
            setattr(self, name, value)

    def cov_params(self) -> np.ndarray:
        return self.covariance


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (Outside([1.0], [[1.0]], converged=False), "did not converge"),
        (Outside([1.0], [[1.0]], converged_=np.False_), "did not converge"),
        (Outside([1.0], [[1.0]], mle_retvals={"converged": False}), "did not converge"),
        (Outside([1.0], [[1.0]], mle_retvals={"success": False}), "did not converge"),
        (Outside([1.0], [[1.0]], mle_retvals={"converged": "False"}), "did not converge"),
        (
            Outside([1.0], [[1.0]], mle_retvals=SimpleNamespace(converged=False)),
            "did not converge",
        ),
        (
            Outside([1.0], [[1.0]], optim_result=SimpleNamespace(success=False)),
            "did not converge",
        ),
        (Outside([np.nan], [[1.0]]), "is not finite"),
        (Outside([1.0], [[np.inf]]), "is not finite"),
        (Outside([1.0], [[-1.0]]), "a variance is below 0"),
    ],
)
def test_fits_of_other_shapes_are_asked_too(wrong, said):
    good = Outside([1.0], [[0.5]], converged=True, mle_retvals=None)
    with pytest.raises(mm.UsageError) as raised:
        mm.pool([good, wrong])
    (problem,) = raised.value.problems
    assert problem.startswith("fit 2 of 2: ")
    assert said in problem
    pooled = mm.pool([good, Outside([2.0], [[0.5]], converged=lambda: False)])
    # by hand: B = 1/2, T = 0.5 + 1.5 B
    assert pooled.params.iloc[0] == 1.5
    assert pooled.bse.iloc[0] ** 2 == pytest.approx(1.25)


def test_what_is_pooled_already_is_not_pooled_again():
    good = fits(MIXED)
    pooled = mm.pool(good)
    with pytest.raises(mm.UsageError, match="pooled already"):
        mm.pool([pooled, pooled])


def test_what_differs_between_fits_is_named():
    frame = MIXED.assign(y=MIXED["y"].astype(int))
    one = mm.fit_logistic(frame, "y ~ b", profile=False)
    fewer = mm.fit_logistic(frame.iloc[:-2], "y ~ b", profile=False)
    with pytest.raises(mm.UsageError) as raised:
        mm.pool([one, fewer])
    assert "the fits differ in number of rows, number with the outcome." in str(raised.value)
