"""An `aliyun` on PATH: an executable that hands its command line over and prints what it is told, as it is told.

What the plugin does happens in this process (`fake_appmanager`), over HTTP with the SDK. How the program itself behaves
(it dies, hangs, prints rubbish) is arranged by passing its frames through a function first.
"""

import contextlib
import json
import marshal
import os
import socket
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Frame = tuple[str, Any]  # ("out", text), ("err", text), ("sleep", seconds), ("kill", signal), ("exit", code)
Interference = Callable[[Iterator[Frame]], Iterator[Frame]]

# It runs hundreds of times in a test run, so it loads next to nothing: a start takes 12 ms instead of 26.
PROGRAM = """\
#!{python} -SE
import _socket, marshal, os, sys, time

link = _socket.socket(_socket.AF_INET, _socket.SOCK_STREAM)
link.connect(("127.0.0.1", {port}))

def read(size):
    data = b""
    while len(data) < size:
        piece = link.recv(size - len(data))
        if not piece:
            sys.exit(70)
        data += piece
    return data

said = marshal.dumps((sys.argv[1:], os.getcwd(), dict(os.environ)))
link.sendall(len(said).to_bytes(4, "big") + said)
while True:
    kind, value = marshal.loads(read(int.from_bytes(read(4), "big")))
    if kind == "out":
        sys.stdout.write(value)
        sys.stdout.flush()
    elif kind == "err":
        sys.stderr.write(value)
        sys.stderr.flush()
    elif kind == "sleep":
        time.sleep(value)
    elif kind == "kill":
        os.kill(os.getpid(), value)
    elif kind == "exit":
        sys.exit(value)
"""


@dataclass(frozen=True, kw_only=True)
class Call:
    """One run of the program."""

    words: tuple[str, ...]
    folder: Path
    environ: Mapping[str, str]
    files: Mapping[str, bytes]  # what lay in its working folder, by path

    @property
    def verbs(self) -> tuple[str, ...]:
        """`("app", "deploy")` of `aliyun appmanager app deploy --name …`."""
        words = self.words[1:] if self.words[:1] == ("appmanager",) else self.words
        flags = next((number for number, word in enumerate(words) if word.startswith("-")), len(words))
        return words[:flags]

    @property
    def flags(self) -> dict[str, str]:
        """Each flag with the word behind it, "" where another flag follows."""
        found: dict[str, str] = {}
        for word, following in zip(self.words, (*self.words[1:], "--"), strict=True):
            if word.startswith("--"):
                found[word.removeprefix("--")] = "" if following.startswith("--") else following
        return found


class FakeAliyun:
    """The program and what it is connected to. `run` makes the frames of one call; `calls` remembers all of them."""

    def __init__(self, folder: Path, run: Callable[[Call], Iterable[Frame]]) -> None:
        self.calls: list[Call] = []
        self._run = run
        self._armed: list[tuple[str, Interference]] = []
        self._door = socket.create_server(("127.0.0.1", 0))
        self.bin = folder / "bin"
        self.bin.mkdir(parents=True)
        self.program = self.bin / "aliyun"
        self.program.write_text(PROGRAM.format(python=sys.executable, port=self._door.getsockname()[1]))
        self.program.chmod(0o755)
        threading.Thread(target=self._serve, name="fake-aliyun", daemon=True).start()

    def close(self) -> None:
        self._door.close()

    def interfere(self, verb: str, interference: Interference) -> None:
        """Let the next command that has this verb behave in another way."""
        self._armed.append((verb, interference))

    def forget(self) -> None:
        """As if it had never been run; nothing is arranged any more."""
        self.calls.clear()
        self._armed.clear()

    def _serve(self) -> None:
        while True:
            try:
                link, _ = self._door.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(link,), daemon=True).start()

    def _answer(self, link: socket.socket) -> None:
        with link, link.makefile("rb") as heard:
            words, place, environ = marshal.loads(heard.read(int.from_bytes(heard.read(4), "big")))
            folder = Path(place)
            files = {
                str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
            }
            call = Call(words=tuple(words), folder=folder, environ=environ, files=files)
            self.calls.append(call)
            for frame in self._interfered(call):
                with contextlib.suppress(OSError):  # it may be dead; what was begun in the cloud goes on
                    data = marshal.dumps(frame)
                    link.sendall(len(data).to_bytes(4, "big") + data)

    def _interfered(self, call: Call) -> Iterator[Frame]:
        frames = iter(self._run(call))
        for armed in self._armed:
            if armed[0] in call.verbs:
                self._armed.remove(armed)
                return armed[1](frames)
        return frames


def says(*lines: str, exit_code: int = 0, stderr: str = "") -> Interference:
    """It does nothing, prints these lines and ends so."""

    def instead(_frames: Iterator[Frame]) -> Iterator[Frame]:
        yield from (("out", f"{line}\n") for line in lines)
        yield ("err", stderr)
        yield ("exit", exit_code)

    return instead


def error_line(sentence: str, **more: object) -> str:
    return json.dumps({"type": "error", "error": sentence, **more})


def is_killed_at(step: int, *, cloud_goes_on: bool) -> Interference:
    """It is killed as soon as it has announced the step; the cloud does the rest, or nothing more."""

    def killed(frames: Iterator[Frame]) -> Iterator[Frame]:
        for frame in frames:
            yield frame
            if f'"step": {step},' in str(frame[1]):
                break
        yield ("kill", 9)
        if cloud_goes_on:
            yield from frames

    return killed


def with_exit_code(exit_code: int) -> Interference:
    """It does its work and ends with another code."""

    def ended(frames: Iterator[Frame]) -> Iterator[Frame]:
        for frame in frames:
            yield ("exit", exit_code) if frame[0] == "exit" else frame

    return ended


def call_words(calls: Sequence[Call]) -> list[str]:
    """The verbs of each call, as one text."""
    return [" ".join(call.verbs) for call in calls]


def path_with(folder: Path) -> str:
    return os.pathsep.join((str(folder), os.environ.get("PATH", "")))
