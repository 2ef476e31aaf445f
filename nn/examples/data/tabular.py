"""Three tables of measurements, from scikit-learn (BSD licence): iris, wine, breast cancer.

150 flowers by 4 lengths in 3 species; 178 wines by 13 chemical figures in 3 cultivars; 569 tumours
by 30 figures of their cells, malignant (0) or benign (1). A fifth of each class is for the test.
"""

from __future__ import annotations

from nn.examples.data.packages import needed
from nn.examples.data.splits import Samples, Split, standardized, stratified

__all__ = ["TABLES", "table"]

TABLES = ("iris", "wine", "breast_cancer")
TEST_SHARE = 0.2


def table(name: str, seed: int) -> Split:
    """Return a table, its columns standardized, 80 % to train on and 20 % to test on.

    Args:
        name: one of `TABLES`.
        seed: of the split.

    Raises ValueError for another name, MissingPackageError without scikit-learn.

    >>> split = table("iris", seed=0)
    >>> len(split.train.inputs), len(split.test.inputs), len(split.train.inputs[0])
    (120, 30, 4)
    """
    if name not in TABLES:
        raise ValueError(f"there is no table {name!r}: choose one of {', '.join(TABLES)}")
    bunch = getattr(needed("sklearn.datasets"), f"load_{name}")()
    samples = Samples(bunch.data.tolist(), bunch.target.tolist())
    return standardized(stratified(samples, TEST_SHARE, seed))
