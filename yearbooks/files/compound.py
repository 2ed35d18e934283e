"""Compound files (OLE2), the containers of .xls and of locked workbooks: their streams, by name.

Here belongs where the bytes of a stream stand, and nothing of what they say. xlrd and olefile both
follow some chains of sectors without end, or visit a directory in exponential time; here each
chain and each entry is followed once. Format: [MS-CFB].
"""

import struct
from array import array
from collections.abc import Iterator, Mapping, Sequence

from yearbooks.errors import FileFault
from yearbooks.files.workbook_cells import SAVE_AS_XLSX

MARK = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_END, _FREE, _TABLE = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD
_NO_SECTOR = 0xFFFFFFFA  # this and greater ones are marks, such as the end of a chain
_STREAM, _ROOT = 2, 5
MIN_STREAM = 4096  # shorter ones stand among the small sectors


class Compound:
    """A compound file, its directory read. Raises `FileFault` where it is damaged."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        shift, mini_shift = struct.unpack_from("<HH", content, 30)
        if shift not in (9, 12) or mini_shift != 6:
            raise broken("sizes of sectors as the format has them")
        self._size = 1 << shift
        self._sectors = -(-len(content) // self._size) - 1
        (_, directory_start, _, self._cutoff, self._mini_table_start, _, more_start) = (
            struct.unpack_from("<7I", content, 44)
        )
        self._table = self._read_table(more_start)
        self._directory = self._joined(directory_start)
        self._entries = _entries(self._directory)

    def __contains__(self, name: str) -> bool:
        return name in self._entries

    def stream(self, name: str) -> bytes:
        """A stream at the top of the directory by its name in small letters."""
        start, length = self._entries[name]
        if length >= self._cutoff:
            data = self._joined(start)
        else:
            small_sectors = self._joined(struct.unpack_from("<I", self._directory, 116)[0])
            small_table = array("I", _numbers(self._joined(self._mini_table_start)))
            data = b"".join(
                small_sectors[index * 64 : index * 64 + 64] for index in _chain(start, small_table)
            )
        if len(data) < length:
            raise broken("a workbook as long as it says")
        return data[:length]

    def _read_table(self, more_start: int) -> Sequence[int]:
        """For each sector the one that follows it."""
        sectors = list(_numbers(self._content[76:512]))
        seen: set[int] = set()
        while more_start < _NO_SECTOR:
            if more_start in seen:
                raise broken("chains of sectors that end")
            seen.add(more_start)
            *more, more_start = _numbers(self._sector(more_start))
            sectors += more
        table = array("I")
        for index in dict.fromkeys(index for index in sectors if index < _NO_SECTOR):
            table.extend(_numbers(self._sector(index)))
        return table

    def _sector(self, index: int) -> bytes:
        if index >= self._sectors:
            raise broken("sectors inside the file")
        start = (index + 1) * self._size
        return self._content[start : start + self._size].ljust(self._size, b"\0")

    def _joined(self, start: int) -> bytes:
        return b"".join(self._sector(index) for index in _chain(start, self._table))


def written(streams: Mapping[str, bytes]) -> bytes:
    """A compound file of nothing but these streams, a few of `MIN_STREAM` bytes or more.

    Its sectors are large, so that the header has room for all that a file of the inbox may hold.
    """
    size = MIN_STREAM
    padded = [data.ljust(-(-len(data) // size) * size, b"\0") for data in streams.values()]
    counts = [len(data) // size for data in padded]
    table: list[int] = [_END]  # the directory is the first sector
    entries = [_entry("Root Entry", _ROOT, child=1, start=_END)]
    for number, (name, data) in enumerate(streams.items(), start=1):
        following = number + 1 if number < len(streams) else _FREE
        entries.append(_entry(name, _STREAM, right=following, start=len(table), length=len(data)))
        first = len(table)
        table += [*range(first + 1, first + counts[number - 1]), _END]
    table_sectors = 1
    while (len(table) + table_sectors) * 4 > table_sectors * size:
        table_sectors += 1
    places = range(len(table), len(table) + table_sectors)
    table += [_TABLE] * table_sectors
    header = MARK + b"\0" * 16 + struct.pack("<5H", 0x3E, 4, 0xFFFE, 12, 6) + b"\0" * 6
    header += struct.pack("<9I", 1, table_sectors, 0, 0, MIN_STREAM, _END, 0, _END, 0)
    header += struct.pack("<109I", *places, *[_FREE] * (109 - table_sectors))
    numbers = struct.pack(f"<{len(table)}I", *table)
    return b"".join(
        (
            header.ljust(size, b"\0"),
            b"".join(entries).ljust(size, b"\0"),
            *padded,
            numbers.ljust(table_sectors * size, b"\xff"),
        )
    )


def _entry(
    name: str, kind: int, *, right: int = _FREE, child: int = _FREE, start: int, length: int = 0
) -> bytes:
    encoded = name.encode("utf-16-le")
    return (
        encoded.ljust(64, b"\0")
        + struct.pack("<HBBIII", len(encoded) + 2, kind, 1, _FREE, right, child)
        + b"\0" * 36
        + struct.pack("<IQ", start, length)
    )


def _numbers(data: bytes) -> tuple[int, ...]:
    return struct.unpack(f"<{len(data) // 4}I", data)


def _chain(start: int, table: Sequence[int]) -> Iterator[int]:
    """The sectors of a stream in order; a chain that comes back to itself is refused."""
    seen = bytearray(len(table))
    while start < _NO_SECTOR:
        if start >= len(table) or seen[start]:
            raise broken("chains of sectors that end")
        seen[start] = 1
        yield start
        start = table[start]


def _entries(directory: bytes) -> dict[str, tuple[int, int]]:
    """First sector and length of the streams at the top, by name in small letters."""
    count = len(directory) // 128
    (waiting_first,) = struct.unpack_from("<I", directory, 76)
    waiting = [waiting_first]
    seen: set[int] = set()
    streams: dict[str, tuple[int, int]] = {}
    while waiting:
        index = waiting.pop()
        if index >= count:
            continue
        if index in seen:
            raise broken("a directory without loops")
        seen.add(index)
        entry = directory[index * 128 : index * 128 + 128]
        name_length, kind, left, right = struct.unpack_from("<HBxII", entry, 64)
        waiting += [left, right]
        if kind == _STREAM:
            name = entry[: max(0, min(name_length, 64) - 2)].decode("utf-16-le", "replace")
            streams[name.lower()] = struct.unpack_from("<II", entry, 116)
    return streams


def broken(expected: str) -> FileFault:
    return FileFault("unreadable_file", f"{expected}; this workbook is damaged: {SAVE_AS_XLSX}")
