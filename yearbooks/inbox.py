"""What lies in an inbox: which files are yearbooks, what each contains, whether it is all there.

The one place that says which files are read, so that who watches an inbox and who reads it never
disagree. What a file means is not looked at here, and nothing is remembered: a look is given the
one before it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatch
from pathlib import Path

from yearbooks.errors import FileFault, IntakeError, MomentaryFault
from yearbooks.source import MAPPING_SUFFIX, Source, content_hash, file_name
from yearbooks.untrusted import visible

# What lies beside yearbooks but is none: hidden files, what editors, spreadsheets, copies and
# downloads leave behind, settings.
NOT_YEARBOOKS = (
    ".*",
    "~$*",
    "*~",
    "*.tmp",
    "*.part",
    "*.partial",
    "*.filepart",
    "*.crdownload",
    "*.yml",
    "*.yaml",
    "desktop.ini",
    "Thumbs.db",
)
# What dbt keeps beside the seeds that are the demo's yearbooks.
PROPERTIES = "_yearbooks.yml"

# The file that stands beside {} while it is open in a spreadsheet program or still arriving.
OPEN = ("~${}", ".~lock.{}#")
ARRIVING = ("{}.part", "{}.partial", "{}.filepart", "{}.crdownload", "{}.tmp")


def listed(inbox: Path) -> tuple[list[Path], list[str]]:
    """The files to read, in the order of their names, and the names of what else is there.

    Folders inside the inbox and names matching `NOT_YEARBOOKS` are no yearbooks; what belongs to
    one, as its mapping file, is not listed. Raises `IntakeError` where the inbox is missing, is no
    folder or cannot be read.
    """
    if not inbox.exists():
        raise IntakeError(f"inbox {inbox} does not exist: expected a folder with yearbook files")
    if not inbox.is_dir():
        raise IntakeError(f"inbox {inbox} is a file: expected the folder that holds it")
    files: list[Path] = []
    others: list[str] = []
    try:
        inside = sorted(inbox.iterdir())
    except OSError as error:
        raise IntakeError(f"inbox {inbox} cannot be read: {error.strerror}") from None
    for path in inside:
        if path.is_dir() and not path.is_symlink():
            others.append(f"{file_name(path)}/")
        elif any(fnmatch(path.name, pattern) for pattern in NOT_YEARBOOKS):
            others.append(file_name(path))
        else:
            files.append(path)
    beside = {f"{file_name(path)}{MAPPING_SUFFIX}" for path in files} | {PROPERTIES}
    return files, [name for name in others if name not in beside]


@dataclass(frozen=True)
class Seen:
    """One file as a look found it.

    stamp: size, times of change and inode of the file and of its mapping file, which differ as
    soon as either is written to. since: when it was first seen with this stamp, in seconds.
    content, mapping: SHA-256 of both, empty until the file is known to be all there; mapping is
    empty, too, where there is none. waits_for: why it is not, in words.
    """

    stamp: str
    since: float
    content: str = ""
    mapping: str = ""
    waits_for: str = ""


def look(
    inbox: Path, before: Mapping[str, Seen], *, now: float, settle_seconds: float
) -> dict[str, Seen]:
    """The yearbook files of an inbox by name; `before` is what the last look returned, or empty.

    A file is all there when two looks at least `settle_seconds` apart find the same stamp and
    nothing beside it says that it is open or arriving. Only then is it read, and only once for a
    stamp. A clock that was put back (`now` before an earlier look) starts the wait anew. Raises
    `IntakeError` as `listed` does.
    """
    paths, others = listed(inbox)
    beside = {*others, *map(file_name, paths)}
    found: dict[str, Seen] = {}
    for path in paths:
        name = file_name(path)
        stamp = _stamp(path)
        if not stamp:  # Gone since it was listed.
            continue
        seen = before.get(name)
        if seen is None or seen.stamp != stamp or (not seen.content and now < seen.since):
            seen = Seen(stamp, now)
        if not seen.content:
            waits_for = _waits_for(name, beside)
            if not waits_for and (seen.since == now or now - seen.since < settle_seconds):
                waits_for = f"{visible(name)} to stay as it is"
            seen = replace(seen, waits_for=waits_for) if waits_for else _read(path, seen)
        found[name] = seen
    return found


def _waits_for(name: str, beside: Iterable[str]) -> str:
    for patterns, what in ((OPEN, "be closed"), (ARRIVING, "arrive")):
        for pattern in patterns:
            if (sign := pattern.format(name)) in beside:
                return f"{visible(name)} to {what} ({visible(sign)} is there)"
    return ""


def _read(path: Path, seen: Seen) -> Seen:
    """The file with its hashes, unless it changed while it was read."""
    try:
        source = Source.open(path)
    except MomentaryFault as fault:
        return replace(seen, waits_for=f"{visible(file_name(path))} to be readable ({fault})")
    except FileFault:
        # As intake has it: without content, the empty bytes stand in.
        source = Source(file_name(path), b"")
    if _stamp(path) != seen.stamp:
        return replace(seen, waits_for=f"{visible(file_name(path))} to stay as it is")
    mapping = "" if source.mapping is None else content_hash(source.mapping)
    return replace(seen, content=source.hash, mapping=mapping, waits_for="")


def _stamp(path: Path) -> str:
    """Empty where there is no file; a mapping file that is not there adds nothing."""
    stamp: list[int] = []
    for each in (path, path.with_name(path.name + MAPPING_SUFFIX)):
        try:
            stat = each.lstat()
        except FileNotFoundError:
            if each is path:
                return ""
        else:
            stamp += [stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino]
    return " ".join(map(str, stamp))
