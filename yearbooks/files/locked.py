"""Locked workbooks: those that every spreadsheet program opens unasked are opened here, too.

A program that protects the structure of a workbook locks the file with a password that all of them
know; publishers hand whole yearbooks out like this. msoffcrypto-tool takes the lock off, and what
comes out is audited like any other file. It is given a compound file of our own making, since the
library that it opens one with trusts what it is given. No other password is tried. Format:
[MS-OFFCRYPTO].
"""

import io
import re
import struct

from yearbooks.errors import FileFault
from yearbooks.files import compound

PASSWORD = "VelvetSweatshop"

# The library takes a microsecond and some ten bytes of memory for each byte of records.
MAX_LOCKED = 8 * 2**20
MAX_DESCRIPTION = 2**16  # of how a package is locked: a page of XML
MAX_ROUNDS = 200_000  # of the key; programs write 100,000
_ROUNDS = re.compile(rb"""spinCount\s*=\s*["'](\d{1,20})""")
_EOF, _FILEPASS = 0x0A, 0x2F


def unlocked_records(stream: bytes) -> bytes:
    """The records of an .xls as they are, or as they were before they were locked.

    Each stands where it stood. Raises `FileFault` where the password is another one.
    """
    if not _has_lock(stream):
        return stream
    if len(stream) > MAX_LOCKED:
        raise FileFault(
            "too_large",
            f"a locked workbook of no more than {MAX_LOCKED // 2**20} MiB: open the file in a "
            "spreadsheet program and save it as .xlsx without a password",
        )
    whole = stream[: _end_of_records(stream)].ljust(compound.MIN_STREAM, b"\0")
    return compound.Compound(_unlocked({"Workbook": whole})).stream("workbook")


def unlocked_package(locked: compound.Compound) -> bytes:
    """The .xlsx that a compound file holds under lock."""
    # Only where it is locked by rights of persons, not by a password, is there no description.
    if "encryptioninfo" not in locked:
        raise _locked()
    description, package = locked.stream("encryptioninfo"), locked.stream("encryptedpackage")
    if len(description) > MAX_DESCRIPTION:
        raise FileFault("unsafe_file", "a workbook whose lock is described in a page")
    if any(int(rounds) > MAX_ROUNDS for rounds in _ROUNDS.findall(description)):
        raise FileFault("unsafe_file", f"a lock of no more than {MAX_ROUNDS:,} rounds")
    # Blanks after the description mean nothing, and so do zeros after the package, which says how
    # long it is.
    return _unlocked(
        {
            "EncryptionInfo": description.ljust(compound.MIN_STREAM),
            "EncryptedPackage": package.ljust(compound.MIN_STREAM, b"\0"),
        }
    )


def _unlocked(streams: dict[str, bytes]) -> bytes:
    import msoffcrypto

    found = io.BytesIO()
    try:
        file = msoffcrypto.OfficeFile(io.BytesIO(compound.written(streams)))
        file.load_key(password=PASSWORD)
        file.decrypt(found)
    # Anything at all: a lock of a kind it does not know leads the library into errors of any kind.
    except Exception:
        raise _locked() from None
    return found.getvalue()


def _has_lock(stream: bytes) -> bool:
    """Whether the record that says so is among the first, those of the workbook itself."""
    position = 0
    while position + 4 <= len(stream):
        code, length = struct.unpack_from("<HH", stream, position)
        if code in (_EOF, _FILEPASS):
            return bool(code == _FILEPASS)
        position += 4 + length
    return False


def _end_of_records(stream: bytes) -> int:
    """Where the last whole record ends; what follows fills up the stream."""
    position = 0
    while position + 4 <= len(stream):
        (length,) = struct.unpack_from("<H", stream, position + 2)
        if position + 4 + length > len(stream):
            break
        position += 4 + length
    return position


def _locked() -> FileFault:
    return FileFault(
        "unreadable_file",
        "a workbook without a password of its own; this one is locked: open it, remove the "
        "password (and the protection of the file) and save it",
    )
