"""Predictive mean matching (pmm): of the observed rows whose predictions are nearest, one gives its
value.
"""

import numpy as np

Array = np.ndarray


def matched(
    predicted: Array, wanted: Array, donors: Array, knn: int, rng: np.random.Generator
) -> Array:
    """For every wanted prediction a value of one of the `knn` nearest donors, by a sorted search.

    Predictions are rounded to nine digits, so that what is a tie does not depend on the last ones.
    Donors are shuffled first: of many at one distance (where one binary predictor decides, say)
    every one has the same chance, as in mice.
    """
    shuffled = rng.permutation(len(predicted))
    donors = donors[shuffled]
    scale = max(np.abs(predicted).max(), 1e-300)
    known = np.round(predicted[shuffled] / scale, 9)
    asked = np.round(wanted / scale, 9)
    order = np.argsort(known, kind="stable")
    nearest = _nearest(known[order], asked, min(knn, len(known)))
    pick = rng.integers(0, nearest.shape[1], len(asked))
    return np.asarray(donors[order[nearest[np.arange(len(asked)), pick]]])


def _nearest(ordered: Array, asked: Array, knn: int) -> Array:
    """Places of the `knn` nearest of ordered numbers, for every number asked; nearest first."""
    place = np.searchsorted(ordered, asked)
    # the nearest are among as many to the left and to the right
    window = place[:, None] + np.arange(-knn, knn)[None, :]
    window = np.sort(np.clip(window, 0, len(ordered) - 1), axis=1)
    distance = np.abs(ordered[window] - asked[:, None])
    distance[:, 1:][window[:, 1:] == window[:, :-1]] = np.inf  # the same donor once
    nearest = np.argsort(distance, axis=1, kind="stable")[:, :knn]
    return np.asarray(np.take_along_axis(window, nearest, axis=1))
