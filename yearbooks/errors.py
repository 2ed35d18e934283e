"""The errors of this package, all of which a person can put right; nothing else belongs here."""


class YearbookError(ValueError):
    """Something the user gave us is wrong; the message says what was expected."""


class CatalogueError(YearbookError):
    """A reference file is missing, incomplete or contradicts another."""


class IntakeError(YearbookError):
    """The inbox is missing, is not a folder or holds nothing to read."""


class FileFault(YearbookError):
    """A whole file cannot be read: it is set aside with this reason, and the others go on.

    `reason` is a code of `raw.set_aside`, `expected` says in words what the reader looked for.
    """

    def __init__(self, reason: str, expected: str) -> None:
        super().__init__(f"{reason}: expected {expected}")
        self.reason = reason
        self.expected = expected


class MomentaryFault(FileFault):
    """A file that cannot be read now, through no fault of what it says: a disk, a permission."""
