"""The second process: what it makes, and that it ends with the first, however that ends."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ami.second_process import load, second_process

# Prints the numbers of both processes; then the second has a minute of work, and the first waits.
FIRST = """
import os, time
os.getloadavg = lambda: (0.1, 0.1, 0.1)
from ami.second_process import second_process

if __name__ == "__main__":
    with second_process() as second:
        print(os.getpid(), second.submit(os.getpid).result(), flush=True)
        second.submit(time.sleep, 60)
        time.sleep(60)
"""

SEEN = pytest.mark.skipif(
    sys.platform != "linux", reason="whether a process is there is read from /proc"
)


def is_there(process: int) -> bool:
    try:
        # One that has ended and is not fetched yet is a zombie, which anyone may signal.
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.fixture(autouse=True)
def idle(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getloadavg", lambda: (0.1, 0.1, 0.1))


def test_it_makes_what_it_is_given_in_a_process_of_its_own_and_says_what_went_wrong() -> None:
    with second_process() as second:
        assert second is not None
        assert second.submit(os.getpid).result() != os.getpid()
        assert second.submit(load, "json").result() is None
        with pytest.raises(ZeroDivisionError):
            second.submit(divmod, 1, 0).result()


@pytest.mark.parametrize(("n_cores", "load"), [(1, 0.1), (2, 2.0), (None, 0.1)])
def test_where_no_core_is_idle_there_is_none(
    monkeypatch: pytest.MonkeyPatch, n_cores: int | None, load: float
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: n_cores)
    monkeypatch.setattr(os, "getloadavg", lambda: (load, 0.1, 0.1))
    with second_process() as second:
        assert second is None


@SEEN
def test_its_end_is_waited_for_but_not_after_ctrl_c() -> None:
    with second_process() as patient:
        assert patient is not None
        ended = patient.submit(os.getpid).result()
    assert not is_there(ended)
    begun = time.monotonic()
    with pytest.raises(KeyboardInterrupt), second_process() as second:
        assert second is not None
        left = second.submit(os.getpid).result()
        second.submit(time.sleep, 60)
        raise KeyboardInterrupt
    assert time.monotonic() - begun < 30 and is_there(left)
    os.kill(left, signal.SIGKILL)


@SEEN
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_it_ends_with_the_first_in_the_middle_of_its_work(
    tmp_path: Path, how: signal.Signals
) -> None:
    (script := tmp_path / "first.py").write_text(FIRST, encoding="utf-8")
    command = [sys.executable, str(script)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True) as process:
        assert process.stdout is not None
        first, second = map(int, process.stdout.readline().split())
        # Ctrl-C at a terminal reaches both; what becomes of it is said by the first.
        os.kill(second, signal.SIGINT)
        time.sleep(0.2)
        assert is_there(second)
        os.kill(first, how)
        process.wait(timeout=20)
    until = time.monotonic() + 20
    while is_there(second) and time.monotonic() < until:
        time.sleep(0.05)
    assert not is_there(second)
