"""Output files: checked before the work starts, replaced only when complete."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from simulate.errors import UserError


def check_writable(path: str | Path, option: str) -> None:
    """Refuse an output path that cannot be written, before any work is done.

    Parameters
    ----------
    path : path
        Where the output is to go.
    option : str
        The option that named it, for the message.

    Raises
    ------
    UserError
        The path is a folder, its folder does not exist, or may not be written to.
    """
    if not str(path):
        raise UserError(f"{option}: a file name is wanted, and this one is empty.")
    target = Path(path)
    folder = target.parent
    if target.is_dir():
        raise UserError(f"{option} {path}: is a folder; a file name is wanted.")
    if not folder.is_dir():
        raise UserError(f"{option} {path}: the folder {folder} does not exist; create it first.")
    if not os.access(folder, os.W_OK) or (target.exists() and not os.access(target, os.W_OK)):
        raise UserError(f"{option} {path}: no permission to write there; choose another place.")


def check_suffix(path: str | Path, suffix: str, option: str) -> None:
    """Refuse an output path whose name does not end as its kind of file does.

    Parameters
    ----------
    path : path
        Where the output is to go.
    suffix : str
        The ending that is wanted, such as ``.xlsx``; upper case is the same.
    option : str
        The option that named it, for the message.

    Raises
    ------
    UserError
        Another ending, or none.
    """
    if Path(path).suffix.lower() != suffix:
        raise UserError(
            f"{option} {path}: a file name that ends in {suffix} is wanted, such as "
            f"{Path(path).stem or 'result'}{suffix}."
        )


def replace_file(path: str | Path, content: str | bytes) -> None:
    """Write a file, text as UTF-8, so that what was there stays until the new one is complete.

    Raises
    ------
    UserError
        The file cannot be written; nothing is left behind.
    """
    with complete_file(path) as file:
        file.write(content.encode("utf-8") if isinstance(content, str) else content)


@contextmanager
def complete_file(path: str | Path) -> Iterator[BinaryIO]:
    """Open a file to write to piece by piece; what was there stays until the block has ended.

    Raises
    ------
    UserError
        The file cannot be written. Then, as after any other error in the block, nothing is
        left behind.
    """
    # A link is followed, as opening it would; a device or a pipe can only be written to.
    target = Path(path).resolve()
    part: Path | None = None
    try:
        if target.exists() and not target.is_file():
            with target.open("wb") as file:
                yield file
            return
        # Beside the target, so that the final rename stays within one file system.
        with tempfile.NamedTemporaryFile("wb", dir=target.parent, delete=False) as temporary:
            part = Path(temporary.name)
            yield cast(BinaryIO, temporary)
        _readable_like_other_files(part, target)
        part.replace(target)
    except OSError as error:
        raise UserError(f"{path}: cannot be written ({error.strerror or error}).") from None
    finally:
        if part is not None:
            part.unlink(missing_ok=True)


def _readable_like_other_files(part: Path, target: Path) -> None:
    # Temporary files are private; the result should have the permissions of any new file.
    umask = os.umask(0)
    os.umask(umask)
    part.chmod(target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~umask)
