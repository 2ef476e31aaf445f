"""Writing files so that nothing is lost: beside the old one, then moved to its place.

`write_whole` is what pictures, models and checkpoints are written by.
"""

from __future__ import annotations

import os
import secrets
import shutil
from pathlib import Path

__all__ = ["write_whole"]


def write_whole(path: Path, content: bytes) -> None:
    """Replace a file whole or not at all; its permissions stay, and a link goes on pointing to it.

    What is there and no file, as /dev/stdout, is written into: there is nothing to be lost.
    """
    if path.exists() and not path.is_file():
        path.write_bytes(content)
        return
    target = path.resolve()
    beside = target.with_name(f".{secrets.token_hex(8)}.part")
    try:
        with beside.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            shutil.copymode(target, beside)
        beside.replace(target)
    except OSError as error:
        error.filename = str(target)  # not the one beside it, which nobody knows
        raise
    finally:
        beside.unlink(missing_ok=True)
