"""One file of the inbox: its name, its bytes, its hash, and the mapping file beside it.

Here belongs how a file is taken from the inbox and what is refused there. What its bytes hold
belongs to `yearbooks.files`, what the cells mean to the readers.
"""

import hashlib
import os
import stat
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Self

from yearbooks.errors import FileFault, MomentaryFault

if TYPE_CHECKING:
    from yearbooks.cells import Sheet

# Of the name of a mapping file, behind that of its yearbook.
MAPPING_SUFFIX = ".mapping.yml"

# Far above any yearbook (a table of 31 provinces is a few kilobytes), and low enough for a small
# machine.
MAX_BYTES = 64 * 2**20


@dataclass(frozen=True)
class Source:
    """A file by name and content, with the mapping file beside it if there is one."""

    name: str
    content: bytes
    mapping: bytes | None = None

    @classmethod
    def open(cls, path: Path) -> Self:
        """Reads a file of the inbox, and the mapping file beside it.

        Raises `FileFault` (`unsafe_file`, `too_large`) for what is no plain file of the folder
        itself or too large, and `MomentaryFault` (`unreadable_file`, `changed_while_read`) for what
        this user may not read, the disk does not give, or someone writes to meanwhile.
        """
        mapping = path.with_name(path.name + MAPPING_SUFFIX)
        return cls(
            name=file_name(path),
            content=_content(path),
            mapping=_content(mapping) if os.path.lexists(mapping) else None,
        )

    @cached_property
    def hash(self) -> str:
        """SHA-256 of the content, in hexadecimal."""
        return content_hash(self.content)

    @cached_property
    def sheets(self) -> "tuple[Sheet, ...]":
        """The sheets of the file, whatever kind it is (see `yearbooks.files.kinds`)."""
        # Slow to load, and not needed by who only wants to know whether a file has changed.
        from yearbooks.files import kinds

        return kinds.sheets(self.content)


def content_hash(content: bytes) -> str:
    """SHA-256 of the content, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def file_name(path: Path) -> str:
    """The name of a file as text; names from Chinese archives may be in GB18030."""
    raw = os.fsencode(path.name)
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("gb18030", errors="backslashreplace")


def _content(path: Path) -> bytes:
    # Neither following a link, which may lead anywhere, nor waiting for a pipe to be written to.
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        with open(os.open(path, flags | getattr(os, "O_BINARY", 0)), "rb") as file:
            before = os.fstat(file.fileno())
            if not stat.S_ISREG(before.st_mode):
                raise FileFault("unsafe_file", "a regular file, not a device or a pipe")
            content = file.read(MAX_BYTES + 1)
            after = os.fstat(file.fileno())
    except OSError as error:
        if path.is_symlink():
            raise FileFault(
                "unsafe_file", "the file itself in the inbox, not a symbolic link to one"
            ) from None
        expected = f"a file this user may read; {error.strerror}"
        raise MomentaryFault("unreadable_file", expected) from None
    if len(content) > MAX_BYTES:
        raise FileFault("too_large", f"a file of no more than {MAX_BYTES // 2**20} MiB")
    # What was read may be the beginning of one version and the end of another.
    if (before.st_mtime_ns, len(content)) != (after.st_mtime_ns, after.st_size):
        raise MomentaryFault("changed_while_read", "a file that is not written to while it is read")
    return content
