"""Where compiled kernels are kept: read from every folder that has them, written to one.

Numba by itself uses the first folder that it can write to, and nothing else. What
`simulate warmup` compiled into an image would then be of no use to a user who may not
write there. Numba also keeps a kernel until its own file changes; but kernels are compiled
into one another, across files. So here every folder is read, code is stamped with the
content of all kernels, and a folder that fails is no worse than none: a kernel that cannot
be kept is compiled again in the next process.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from functools import cache
from pathlib import Path

from numba import config
from numba.core.caching import CompileResultCacheImpl, FunctionCache
from numba.misc.appdirs import AppDirs

_SOURCES = Path(__file__).parent


def cache_folders() -> list[Path]:
    """Return the folders for compiled code: the first that has it is read, that can, written.

    The one that ``NUMBA_CACHE_DIR`` names, the one beside the source, and the user's own.
    """
    own_name = f"simulate_{hashlib.sha256(os.fsencode(_SOURCES)).hexdigest()[:16]}"
    stated = [Path(config.CACHE_DIR) / own_name] if config.CACHE_DIR else []
    user = Path(AppDirs(appname="numba", appauthor=False).user_cache_dir) / own_name
    return [*stated, _SOURCES / "__pycache__", user]


class KernelCache:
    """The compiled code of one kernel, in the form that Numba asks for.

    Parameters
    ----------
    function : callable
        The kernel in Python.

    Attributes
    ----------
    cache_path : str or None
        The folder that the code was read from or written to.
    """

    def __init__(self, function):
        self.cache_path = None
        self._stored = [_stored_in(folder, function) for folder in cache_folders()]

    def load_overload(self, signature, target_context):
        """Return the compiled code from the first folder that has it, or None."""
        for stored in self._stored:
            found = _read(stored, signature, target_context)
            if found is not None:
                self.cache_path = stored.cache_path
                return found
        return None

    def save_overload(self, signature, compiled):
        """Write compiled code to the first folder that takes it."""
        for stored in self._stored:
            # Read-only, full, or not a folder.
            with contextlib.suppress(OSError):
                stored.save_overload(signature, compiled)
                self.cache_path = stored.cache_path
                return

    def flush(self):
        """Forget the compiled code wherever that is possible."""
        for stored in self._stored:
            with contextlib.suppress(OSError):
                stored.flush()


def _read(stored, signature, target_context):
    try:
        return stored.load_overload(signature, target_context)
    except (OSError, MemoryError):  # a folder that fails now may be read again later
        return None
    except Exception:  # a damaged file can raise anything
        with contextlib.suppress(OSError):
            stored.flush()
        return None


def _stored_in(folder, function):
    """Return Numba's cache of a kernel in one folder."""

    class Files(CompileResultCacheImpl):
        _locator_classes = (_Place(folder),)

    class Stored(FunctionCache):
        _impl_class = Files

    return Stored(function)


class _Place:
    """A folder as Numba's cache asks for it."""

    def __init__(self, folder):
        self._folder = folder

    def from_function(self, function, source):
        return self

    def get_cache_path(self):
        return str(self._folder)

    def ensure_cache_path(self):
        self._folder.mkdir(parents=True, exist_ok=True)

    def get_disambiguator(self):
        return "kernel"

    def get_source_stamp(self):
        return _stamp()


@cache
def _stamp():
    """Return the SHA-256 of all kernels; times of files would not survive being copied."""
    sources = sorted(_SOURCES.glob("*.py"))
    content = b"".join(path.name.encode() + path.read_bytes() for path in sources)
    return hashlib.sha256(content).hexdigest()
