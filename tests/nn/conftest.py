import json
import math
from pathlib import Path

import pytest

import nn

collect_ignore = ["make_reference.py"]  # needs PyTorch, and is run by hand
XS = [[math.cos(i), math.sin(2 * i)] for i in range(20)]
YS = [x[0] * x[1] for x in XS]


@pytest.fixture
def trained():
    """Train a model of two inputs on twenty samples; return the history."""

    def trained(model, epochs=4, lr=0.05, **options):
        adam = None if "optimizer" in options else nn.Adam(model.parameters(), lr=lr)
        options = {"optimizer": adam, "seed": 1, "batch_size": 6} | options
        return nn.fit(model, XS, YS, loss=nn.mean_squared_error, epochs=epochs, progress=False,
                      **options)  # fmt: skip

    return trained


@pytest.fixture(scope="session")
def reference():
    return json.loads(Path(__file__).with_name("reference.json").read_text(encoding="utf-8"))
