"""Files that survive a sudden end: written whole or not at all, and swapped together.

What is to replace a file or folder is first made beside it (`staged`), on the same disk. `commit`
then notes in a journal which of them to put in place: before the note nothing has changed, after it
`recover` carries the swap to its end, however often it is interrupted. Knows paths, not what they
hold.
"""

import json
import os
import shutil
from collections.abc import Iterable
from pathlib import Path


def staged(target: Path) -> Path:
    """Where to make what is to replace `target`: a hidden neighbour, one rename away."""
    return _beside(target, "new")


def commit(journal: Path, targets: Iterable[Path]) -> None:
    """Put what is staged for each of `targets` in its place: all of them, or none.

    Raises `OSError` with nothing changed where the disk does not take what was staged. A folder is
    absent for the moment between two renames; a file never is.
    """
    names = [os.path.relpath(target, journal.parent) for target in targets]
    for name in names:
        _sync_tree(staged(journal.parent / name))
    write_text(journal, json.dumps(names))
    recover(journal)


def recover(journal: Path) -> bool:
    """Carry a swap that was decided and not ended to its end; whether there was one."""
    if not journal.is_file():
        return False
    targets = [journal.parent / name for name in json.loads(journal.read_text(encoding="utf-8"))]
    for target in targets:
        new, old = staged(target), _beside(target, "old")
        # Without it this target is in place already.
        if not os.path.lexists(new):
            continue
        if target.is_dir():
            remove(old)
            os.replace(target, old)
        os.replace(new, target)
        _sync(target.parent)
    journal.unlink()
    _sync(journal.parent)
    for target in targets:
        remove(_beside(target, "old"))
    return True


def discard(targets: Iterable[Path]) -> None:
    """Throw away what was staged for `targets` and what older swaps left, never an only copy."""
    for target in targets:
        remove(staged(target))
        old = _beside(target, "old")
        if os.path.lexists(old) and not os.path.lexists(target):
            os.replace(old, target)
        remove(old)


def write_text(path: Path, text: str) -> None:
    """Replace a file by `text` in UTF-8; a reader sees the old text or the new one."""
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: Path, content: bytes) -> None:
    """Replace a file by `content`; a reader sees the old one or the new one."""
    new = staged(path)
    new.write_bytes(content)
    put(new, path)


def put(new: Path, path: Path) -> None:
    """Rename a finished file to `path`, and have it on the disk when this returns."""
    _sync(new)
    os.replace(new, path)
    _sync(path.parent)


def remove(path: Path) -> None:
    """Remove a file, a link or a whole folder, where there is one."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _beside(path: Path, what: str) -> Path:
    return path.with_name(f".{path.name}.{what}")


def _sync_tree(path: Path) -> None:
    """Have a file, or a folder with all it holds, on the disk itself before it is renamed."""
    for folder, _, files in os.walk(path):
        for name in files:
            _sync(Path(folder, name))
        _sync(Path(folder))
    if path.is_file():
        _sync(path)
    _sync(path.parent)


def _sync(path: Path) -> None:
    if os.name == "nt" and path.is_dir():  # Folders cannot be opened there.
        return
    descriptor = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
