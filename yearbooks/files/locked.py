"""Unlocks an .xls that is locked with the default password, as publishers of yearbooks deliver it.

A spreadsheet program that is told to protect a workbook without a password locks it with one that
every such program knows and tries unasked. msoffcrypto decrypts; it is given a compound file of our
own making with nothing in it but the records that `yearbooks.files.xls` has found. Formats:
[MS-CFB], [MS-XLS] 2.4.117.
"""

import io
import struct

from yearbooks.errors import FileFault

# Decrypting takes some ten bytes of memory a byte; the largest sheets of yearbooks have 2 MiB.
MAX_LOCKED = 6 * 2**20

_DEFAULT_PASSWORD = "VelvetSweatshop"
_SECTOR = 512
_FREE, _END_OF_CHAIN, _TABLE_SECTOR = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
_SMALLEST_STREAM = 4096  # below it a stream would stand among the small ones


def unlocked(records: bytes) -> bytes:
    """The compound file of the records, decrypted.

    Raises `FileFault` (`unreadable_file`) where a person's password locks them, `too_large` beyond
    `MAX_LOCKED`.
    """
    import msoffcrypto

    if len(records) > MAX_LOCKED:
        raise FileFault(
            "too_large", f"a locked workbook of no more than {MAX_LOCKED // 2**20} MiB: unlock it"
        )
    decrypted = io.BytesIO()
    try:
        office = msoffcrypto.OfficeFile(io.BytesIO(_compound_file(records)))
        office.load_key(password=_DEFAULT_PASSWORD)
        office.decrypt(decrypted)
    # A wrong key, a kind of lock that nobody uses any more, or a record that only looks like one.
    except Exception as error:
        raise with_a_password() from error
    return decrypted.getvalue()


def with_a_password() -> FileFault:
    """The fault of a workbook that only its owner can open."""
    return FileFault(
        "unreadable_file",
        "a workbook that opens without a password; a password of its own locks this one: open it, "
        "remove the password and save it",
    )


def _compound_file(stream: bytes) -> bytes:
    """A compound file that holds one stream, named Workbook."""
    length = max(len(stream), _SMALLEST_STREAM)
    data = stream.ljust(-(-length // _SECTOR) * _SECTOR, b"\0")
    n_data = len(data) // _SECTOR
    n_table = 1
    while n_table * (_SECTOR // 4) < n_table + 1 + n_data:
        n_table += 1
    directory, first = n_table, n_table + 1
    chain = [*range(first + 1, first + n_data), _END_OF_CHAIN]
    table = [*[_TABLE_SECTOR] * n_table, _END_OF_CHAIN, *chain]
    table += [_FREE] * (n_table * _SECTOR // 4 - len(table))
    header = struct.pack(
        "<8s16x5H6x9I",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        *(0x3E, 3, 0xFFFE, 9, 6),
        *(0, n_table, directory, 0, _SMALLEST_STREAM),
        *(_END_OF_CHAIN, 0, _END_OF_CHAIN, 0),
    )
    header += struct.pack("<109I", *range(n_table), *[_FREE] * (109 - n_table))
    entries = _entry("Root Entry", 5, 1, _END_OF_CHAIN, 0)
    entries += _entry("Workbook", 2, _FREE, first, length)
    return header + struct.pack(f"<{len(table)}I", *table) + entries.ljust(_SECTOR, b"\0") + data


def _entry(name: str, kind: int, child: int, start: int, length: int) -> bytes:
    """An entry of the directory, 128 bytes."""
    text = name.encode("utf-16-le") + b"\0\0"
    return struct.pack(
        "<64sHBB3I36xIQ", text, len(text), kind, 1, _FREE, _FREE, child, start, length
    )
