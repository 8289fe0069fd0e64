"""Steps while they run: redrawn on a terminal, plain lines anywhere else."""

import io
import threading
from pathlib import Path

from deployer.clock import VirtualClock
from deployer.events import (
    ArtifactUploaded,
    CheckFinished,
    ExecutionProgressed,
    InvocationFinished,
    ResourceChanged,
    RunStarted,
    StepFinished,
    StepStarted,
    UploadProgressed,
    WaitProgressed,
    WarningRaised,
)
from deployer.operations.steps import DEPLOY_STEPS
from deployer.ui.live import LiveView, PlainView, make_view, wants_plain
from deployer.ui.texts import text

EVENTS = (
    RunStarted(command="deploy", session_id="s", steps=(("upload", "Upload"), ("release", "Release"))),
    StepStarted(step=1, total=2, id="upload", message="Upload"),
    UploadProgressed(sent_bytes=100_000, total_bytes=4_000_000),
    UploadProgressed(sent_bytes=1_000_000, total_bytes=4_000_000),
    UploadProgressed(sent_bytes=1_100_000, total_bytes=4_000_000),
    ArtifactUploaded(bucket_name="b", object_name="shop/a.zip", uploaded_bytes=0),
    StepFinished(step=1, total=2, id="upload", outcome="done", message="4.0 MB", elapsed_seconds=1.24),
    StepStarted(step=2, total=2, id="release", message="Release"),
    ResourceChanged(kind="vpc", id="vpc-1", change="created"),
    WaitProgressed(what="instance", status="Starting", elapsed_seconds=1, timeout_seconds=300),
    WaitProgressed(what="instance", status="Starting", elapsed_seconds=2, timeout_seconds=300),
    ExecutionProgressed(execution_id="exec-1", status="Running"),
    InvocationFinished(invoke_id="t-1", instance_id="i-1", status="Success", exit_code=0),
    CheckFinished(name="http", ok=False, detail="500\x1b[2J"),
    WarningRaised(code="w", message="careful"),
    StepFinished(step=2, total=2, id="release", outcome="failed", message="unhealthy", elapsed_seconds=9.0),
)


def test_plain_lines_announce_the_steps_and_repeat_nothing(snapshot):
    stream = io.StringIO()
    with PlainView(stream) as emit:
        for event in EVENTS:
            emit(event)
    assert stream.getvalue() == snapshot
    assert "\x1b" not in stream.getvalue()


def test_a_step_that_has_nothing_to_tell_says_how_it_ended():
    stream = io.StringIO()
    for language in ("en", "zh"):
        for outcome in ("failed", "done"):
            PlainView(stream, language)(
                StepFinished(step=1, total=2, id="upload", outcome=outcome, message="", elapsed_seconds=1.24)
            )
    assert [line.split()[1] for line in stream.getvalue().splitlines()] == ["failed", "done", "失败", "完成"]


def test_steps_are_titled_in_the_language_and_as_operations_call_them():
    titles = [("Upload to OSS", "上传到 OSS"), ("Prepare network and instance", "准备网络与实例")]
    steps = tuple(step for step in DEPLOY_STEPS if step[0] in {"upload", "provision"})
    stream = io.StringIO()
    with PlainView(stream, "zh") as emit:
        emit(RunStarted(command="deploy", session_id="s", steps=(*steps, ("other", "Something else"))))
        emit(StepStarted(step=1, total=2, id="upload", message="Upload to OSS"))
    assert stream.getvalue().splitlines()[1:] == [
        f"  1. {titles[0][1]}", f"  2. {titles[1][1]}", "  3. Something else", f"[1/2] {titles[0][1]}",
    ]  # fmt: skip
    for step_id, title in DEPLOY_STEPS:
        assert text(f"title.{step_id}") == title
        assert text(f"title.{step_id}", "zh") != title


def test_a_small_upload_is_not_nothing_of_nothing():
    stream = io.StringIO()
    PlainView(stream)(UploadProgressed(sent_bytes=1_589, total_bytes=1_589))
    assert stream.getvalue() == "      2 of 2 kB\n"


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_redrawn_steps_with_what_they_are_busy_with():
    stream = Terminal()
    clock = VirtualClock()
    view = LiveView(stream, clock)
    with view as emit:
        for event in EVENTS[:-1]:
            emit(event)
            clock.advance(1)
    shown = stream.getvalue()
    assert "Upload: 4.0 MB (1.2 s)" in shown
    assert "Release (8 s)  http: failed, 500\\x1b[2J" in shown
    assert "⚠️ careful" in shown


def test_only_one_thread_draws_and_a_warning_is_shown_once():
    """A warning printed by the thread that works, while the other one draws, tears the step list."""
    writers = []

    class Watched(Terminal):
        def write(self, text: str) -> int:
            writers.append(threading.current_thread())
            return super().write(text)

    stream = Watched()
    view = LiveView(stream, VirtualClock())
    with view as emit:
        writers.clear()
        for event in EVENTS:
            emit(event)
        assert threading.current_thread() not in writers
    assert stream.getvalue().rindex("careful") < stream.getvalue().rindex("Upload")
    shown = len(stream.getvalue())
    with view:  # goes on after a question
        pass
    assert "Upload" in stream.getvalue()[shown:]
    assert "careful" not in stream.getvalue()[shown:]


def test_nothing_is_redrawn_where_a_person_asked_for_plain_or_no_terminal_is_there():
    assert wants_plain(io.StringIO(), no_color=None, term="xterm")
    assert wants_plain(Terminal(), no_color="1", term="xterm")
    assert wants_plain(Terminal(), no_color=None, term="dumb")
    ascii_only = Terminal()
    ascii_only.encoding = "ascii"
    assert wants_plain(ascii_only, no_color=None, term="xterm")
    assert not wants_plain(Terminal(), no_color=None, term="xterm-256color")
    assert isinstance(make_view(io.StringIO(), VirtualClock(), plain=True), PlainView)


def test_drawing_libraries_load_only_when_something_is_drawn():
    source = "\n".join(path.read_text() for path in Path(__file__).parents[2].glob("deployer/ui/*.py"))
    top = [line for line in source.splitlines() if line.startswith(("from rich", "import rich", "import questionary"))]
    assert top == []
