import json
from pathlib import Path

import pytest

collect_ignore = ["make_reference.py"]  # needs PyTorch, and is run by hand


@pytest.fixture(scope="session")
def reference():
    return json.loads(Path(__file__).with_name("reference.json").read_text(encoding="utf-8"))
