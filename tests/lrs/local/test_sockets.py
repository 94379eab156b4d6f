"""Private sockets: one path, one owner, nobody else."""

from __future__ import annotations

import os
import signal
import socket
import stat
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lrs.errors import AlreadyRunning, ConfigurationError
from lrs.local.places import runtime_dir
from lrs.local.sockets import connect, listen, socket_path
from tests.support.device import NOBODY, needs_root, start

NAME = "org.example.lms"


def test_a_plain_name_is_the_name_of_the_socket() -> None:
    """So that a person finds it."""
    assert runtime_dir() / "org.example.lms.sock" == socket_path(NAME)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.text(min_size=1, max_size=300))
def test_every_name_has_a_path_that_fits_and_stays_in_the_folder(name: str) -> None:
    """Long names and odd ones are hashed; the path is the same each time."""
    path = socket_path(name)
    assert (True, runtime_dir(), path) == (len(os.fsencode(path)) <= 103, path.parent, socket_path(name))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.lists(st.text(min_size=1, max_size=120), min_size=2, max_size=5, unique=True))
def test_two_names_never_share_a_path(names: list[str]) -> None:
    """Case is kept too."""
    assert len(names) == len({socket_path(name) for name in names})


def test_a_runtime_folder_too_deep_for_a_socket_is_replaced(monkeypatch: pytest.MonkeyPatch, device: Path) -> None:
    """The system's limit is about a hundred bytes; two such folders still have two paths."""
    paths = set()
    for letter in "ab":
        deep = device / (letter * 120)
        deep.mkdir()
        monkeypatch.setenv("XDG_RUNTIME_DIR", str(deep))
        paths.add(socket_path(NAME))
    assert (2, {Path(f"/tmp/offline-lrs-{os.getuid()}")}) == (len(paths), {path.parent for path in paths})


def test_a_socket_is_open_to_its_user_only() -> None:
    """0600 in a folder 0700, whatever the umask, which is left as it was."""
    before = os.umask(0o000)
    try:
        with listen(socket_path(NAME)):
            modes = [stat.S_IMODE(path.lstat().st_mode) for path in (socket_path(NAME), runtime_dir())]
    finally:
        after = os.umask(before)
    assert (modes, after) == ([0o600, 0o700], 0)


def test_a_call_before_anybody_accepts_waits() -> None:
    """A program may listen first and load after."""
    with listen(socket_path(NAME)) as door, connect(socket_path(NAME), 5.0) as caller:
        caller.sendall(b"hello")
        accepted, _ = door.accept()
        with accepted:
            assert accepted.recv(5) == b"hello"


def test_a_second_owner_is_told_who_has_it() -> None:
    """The first goes on undisturbed."""
    with listen(socket_path(NAME)):
        with pytest.raises(AlreadyRunning, match=f"process {os.getpid()} serves"):
            listen(socket_path(NAME))
        connect(socket_path(NAME), 5.0).close()


def test_a_closed_socket_leaves_nothing_and_can_be_taken_again() -> None:
    """Closing gives path and lock back, and twice is as good as once."""
    for _ in range(2):
        door = listen(socket_path(NAME))
        door.close()
        door.close()
    assert not socket_path(NAME).exists()


def test_what_a_killed_process_left_is_replaced() -> None:
    """Its socket is still there and answers nobody."""
    owner = start("tests.support.echo_door", NAME)
    assert owner.stdout is not None
    assert owner.stdout.readline() == "ready\n"
    with pytest.raises(AlreadyRunning, match=f"process {owner.pid} "):
        listen(socket_path(NAME))
    owner.send_signal(signal.SIGKILL)
    owner.communicate()
    assert socket_path(NAME).is_socket()
    with listen(socket_path(NAME)), connect(socket_path(NAME), 5.0):
        pass


def test_a_live_owner_without_a_lock_is_left_alone() -> None:
    """A socket activator made it: the kernel says which process."""
    path = socket_path(NAME)
    with socket.socket(socket.AF_UNIX) as activator:
        activator.bind(str(path))
        path.chmod(0o600)
        activator.listen()
        with pytest.raises(AlreadyRunning, match=f"process {os.getpid()} "):
            listen(path)


def test_what_is_no_socket_is_not_removed() -> None:
    """It is somebody's file."""
    socket_path(NAME).write_text("precious")
    with pytest.raises(ConfigurationError, match="is not a socket"):
        listen(socket_path(NAME))
    assert socket_path(NAME).read_text() == "precious"


def test_a_forked_process_does_not_take_the_path_away() -> None:
    """A worker that closes its copy leaves the owner's socket where it is."""
    with listen(socket_path(NAME)) as door:
        child = os.fork()
        if child == 0:
            door.close()
            os._exit(0)
        os.waitpid(child, 0)
        connect(socket_path(NAME), 5.0).close()
        with pytest.raises(AlreadyRunning):
            listen(socket_path(NAME))


def test_nobody_there_is_an_oserror() -> None:
    """Neither a missing socket nor a stale one is a matter of trust."""
    with pytest.raises(FileNotFoundError):
        connect(socket_path(NAME), 1.0)
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(socket_path(NAME)))
    socket_path(NAME).chmod(0o600)
    with pytest.raises(ConnectionRefusedError):
        connect(socket_path(NAME), 1.0)


def test_a_socket_open_to_others_is_not_connected_to() -> None:
    """Another user could have been let in."""
    with listen(socket_path(NAME)):
        socket_path(NAME).chmod(0o666)
        with pytest.raises(ConfigurationError, match="open to other users"):
            connect(socket_path(NAME), 1.0)


def test_a_folder_open_to_others_is_not_trusted() -> None:
    """Another user could have put the socket there."""
    path = socket_path(NAME)
    with listen(path):
        path.parent.chmod(0o770)
        with pytest.raises(ConfigurationError, match="may write into the folder"):
            connect(path, 1.0)


@needs_root
def test_a_socket_of_another_user_is_refused() -> None:
    """To connect and to replace."""
    with listen(socket_path(NAME)):
        os.chown(socket_path(NAME), NOBODY, NOBODY)
        with pytest.raises(ConfigurationError, match=f"belongs to user {NOBODY}"):
            connect(socket_path(NAME), 1.0)
    os.mknod(socket_path(NAME), stat.S_IFSOCK | 0o600)
    os.chown(socket_path(NAME), NOBODY, NOBODY)
    with pytest.raises(ConfigurationError, match=f"belongs to user {NOBODY}"):
        listen(socket_path(NAME))


@needs_root
@pytest.mark.skipif(sys.platform != "linux", reason="Linux notes the user who listens")
def test_another_user_who_answers_is_refused() -> None:
    """Though path, owner and mode are right: the kernel says who listens."""
    path = socket_path(NAME)
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(str(path))
        path.chmod(0o600)
        os.seteuid(NOBODY)
        try:
            door.listen()
        finally:
            os.seteuid(0)
        with pytest.raises(ConfigurationError, match=f"user {NOBODY} answers"):
            connect(path, 1.0)
