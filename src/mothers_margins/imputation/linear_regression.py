"""Linear regression of numbers (regress): least squares, and a draw of its parameters.

Arrays in, arrays out: x is n x p with the constant first.
"""

import numpy as np
from scipy.linalg import lapack

from mothers_margins.imputation.newton import root

Array = np.ndarray


def fit_regress(x: Array, y: Array) -> tuple[Array, Array, float, int]:
    """Least squares with a ridge of 1e-5 of the diagonal, but for the constant: estimate, x'x
    without it, residual SS, df.
    """
    gram = x.T @ x
    estimate, _ = lapack.dpotrs(root(_ridged(gram)), x.T @ y, lower=1)
    residual = y - x @ estimate
    return estimate, gram, float(residual @ residual), max(len(y) - x.shape[1], 1)


def draw_regress_params(
    estimate: Array, gram: Array, residual: float, df: int, rng: np.random.Generator
) -> tuple[Array, float]:
    """Variance from its scaled inverse chi-squared, then coefficients given it (Rubin 1987, p.
    167).
    """
    sigma = float(np.sqrt(residual / rng.chisquare(df)))
    by, _ = lapack.dtrtrs(root(_ridged(gram)), rng.standard_normal(len(estimate)), lower=1, trans=1)
    return np.asarray(estimate + sigma * by), sigma


def _ridged(gram: Array) -> Array:
    """All but the constant, which would draw numbers that lie far from zero towards it."""
    ridged = gram.copy()
    diagonal = np.einsum("ii->i", ridged)  # a view of it
    diagonal[1:] += 1e-5 * diagonal[1:]
    return ridged
