"""Releases that go well, on a real bash with a /root of its own."""

from runner_host import Host, host  # noqa: F401

pytest_plugins: list[str] = []


def test_a_good_release_runs_and_says_so(host: Host) -> None:
    evidence = host.release("r1", alive_seconds=1)
    assert (evidence.ok, evidence.stage, evidence.code) == (True, "done", None), host.last_output
    assert evidence.http_status == 200
    assert [(one.address, one.port) for one in evidence.listening] == [("0.0.0.0", 8000)]
    assert evidence.alive_seconds >= 1
    assert "listening" in evidence.log_tail
    assert host.get() == "r1"
