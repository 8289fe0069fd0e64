"""How the process of a command ends: with its exit code, whatever its other threads are at."""

import subprocess
import sys

import pytest

# A thread that never ends, and a sign that the interpreter was taken down, which may crash under it.
PROGRAM = """
import atexit, sys, threading
from deployer.__main__ import leave
if sys.argv[1] == "busy":
    threading.Thread(target=threading.Event().wait, daemon=True).start()
atexit.register(print, "taken down")
print("result")
leave(65)
"""


@pytest.mark.parametrize(("threads", "written"), [("busy", "result\n"), ("idle", "result\ntaken down\n")])
def test_a_command_never_takes_the_interpreter_down_under_a_working_thread(threads: str, written: str):
    ended = subprocess.run([sys.executable, "-c", PROGRAM, threads], capture_output=True, text=True, check=False)

    assert (ended.returncode, ended.stdout, ended.stderr) == (65, written, "")


def test_an_interruption_while_the_command_line_loads_is_no_traceback():
    program = """
import builtins, sys
def load(name, *arguments):
    if name == "deployer.cli.main":
        raise KeyboardInterrupt
    return whole(name, *arguments)
from deployer.__main__ import main
whole, builtins.__import__ = builtins.__import__, load
main()
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert (ended.returncode, ended.stdout, ended.stderr) == (130, "", "\ninterrupted\n")


def test_a_reader_that_has_gone_changes_nothing_of_the_exit_code():
    program = PROGRAM.replace("leave(65)", "import os; os.close(1); leave(65)")

    ended = subprocess.run([sys.executable, "-c", program, "busy"], capture_output=True, text=True, check=False)

    assert (ended.returncode, ended.stderr) == (65, "")
