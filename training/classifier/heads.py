"""Linear heads by ridge regression, in closed form.

Each face is seen several times, a little changed. What is regressed is the mean of its views; how
much a direction of the features varies between views of one face is penalized, so that a head
looks at what stays. And the covariance of the prediction with ethnicity, on faces that nobody
rated, is penalized, so that a head favors no group.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True)
class Head:
    """A line: features (N, D) → (N,)."""

    kernel: Floats
    bias: float

    def __call__(self, features: Floats) -> Floats:
        """The head's value for each row."""
        return np.asarray(features @ self.kernel + self.bias)

    def scaled(self, slope: float, offset: float) -> "Head":
        """The head times `slope`, plus `offset`."""
        return Head(self.kernel * slope, self.bias * slope + offset)


@dataclass(frozen=True, slots=True)
class Penalties:
    """What a head pays for, as multiples of the mean squared error.

    ridge: its squared length, of standardized features. wobble: its variance between views of one
    face. bias: its squared covariance with the columns of `residuals` (M, G) over the features
    `references` (M, D).
    """

    ridge: float = 1.0
    wobble: float = 0.0
    bias: float = 0.0
    residuals: Floats | None = None
    references: Floats | None = None


def fit_head(views: Floats, targets: Floats, weights: Floats, penalties: Penalties) -> Head:
    """The head for `views` (N, V, D) of N faces whose `targets` (N,) count by `weights` (N,)."""
    flat = views.reshape(-1, views.shape[-1]).astype(np.float64)
    mean, deviation = flat.mean(axis=0), flat.std(axis=0) + 1e-6
    shares = weights / weights.sum()
    faces = (views.mean(axis=1) - mean) / deviation
    center = shares @ faces
    faces, middle = faces - center, shares @ targets
    system = faces.T @ (faces * shares[:, None]) + penalties.ridge * np.eye(len(mean))
    if penalties.wobble:
        wobbles = (views - views.mean(axis=1, keepdims=True)).reshape(flat.shape) / deviation
        system += penalties.wobble * wobbles.T @ wobbles / len(flat)
    if penalties.bias and penalties.references is not None and penalties.residuals is not None:
        others = (penalties.references - mean) / deviation
        covariance = penalties.residuals.T @ others / len(others)
        system += penalties.bias * covariance.T @ covariance
    kernel = np.linalg.solve(system, faces.T @ (shares * (targets - middle))) / deviation
    return Head(kernel, float(middle - (mean + center * deviation) @ kernel))
