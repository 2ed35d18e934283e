"""How a command can end: the exit codes of `ami`, and nothing else."""

from enum import IntEnum


class ExitCode(IntEnum):
    """The exit code of a command."""

    DONE = 0
    FAILED = 1
    WRONG_INPUT = 2
    STOPPED_BY_GATE = 3
    # What shells expect of a process ended by Ctrl-C.
    INTERRUPTED = 130
    # Of one whose reader has gone, as `head` does (SIGPIPE).
    READER_GONE = 141
    # And of one ended by SIGTERM, as when a service is stopped.
    TERMINATED = 143
