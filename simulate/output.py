"""Output files: checked before the work starts, replaced only when complete."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

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


def replace_file(path: str | Path, text: str) -> None:
    """Write a text file so that what was there stays until the new one is complete.

    Raises
    ------
    UserError
        The file cannot be written; nothing is left behind.
    """
    # A link is followed, as opening it would; a device or a pipe can only be written to.
    target = Path(path).resolve()
    part: Path | None = None
    try:
        if target.exists() and not target.is_file():
            target.write_text(text, "utf-8")
            return
        # Beside the target, so that the final rename stays within one file system.
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", newline="\n", dir=target.parent, delete=False
        ) as file:
            part = Path(file.name)
            file.write(text)
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
