"""An unforeseen error leaves its class and places in the log, and none of its words."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.intake.guard import guard_loop

ROOT = Path(__file__).resolve().parents[3]
SECRET = "5216561234567 ayuda"
START = f"""
import asyncio, logging, sys, threading
from gateway.intake.guard import guard_loop, guard_words
logging.basicConfig(stream=sys.stderr, level=logging.DEBUG)
guard_words()
SECRET = {SECRET!r}
def burst(words):
    try:
        int(words)
    except ValueError as error:
        raise KeyError(words) from error
class Slow:
    def __del__(self):
        burst(SECRET)
async def in_a_task():
    guard_loop(asyncio.get_running_loop())
    task = asyncio.create_task(asyncio.to_thread(burst, SECRET))
    await asyncio.wait([task])
    del task
    import gc; gc.collect()
    await asyncio.sleep(0)
async def in_a_callback():
    guard_loop(asyncio.get_running_loop())
    asyncio.get_running_loop().call_soon(burst, SECRET)
    await asyncio.sleep(0.01)
"""


@pytest.mark.parametrize(
    ("act", "code"),
    [
        ("burst(SECRET)", 1),
        ("threading.Thread(target=burst, args=(SECRET,)).start()", 0),
        ("Slow()", 0),
        ("asyncio.run(in_a_task())", 0),
        ("asyncio.run(in_a_callback())", 0),
        ("asyncio.run(asyncio.to_thread(burst, SECRET))", 1),
    ],
)
def test_an_unforeseen_error_is_logged_without_its_words(act: str, code: int) -> None:
    done = subprocess.run(
        [sys.executable, "-c", START + act], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == code
    assert "unforeseen: KeyError at " in done.stderr
    assert "after ValueError at " in done.stderr
    assert " burst" in done.stderr
    for word in SECRET.split():
        assert word not in done.stderr + done.stdout


def test_a_log_record_that_cannot_be_formatted_is_not_shown_with_its_arguments() -> None:
    act = "logging.warning('%d', SECRET)"
    done = subprocess.run(
        [sys.executable, "-c", START + act], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0
    assert SECRET not in done.stderr + done.stdout


def test_the_process_leaves_no_core_and_cannot_be_traced_by_others() -> None:
    act = """
import resource, ctypes
from gateway.intake.guard import guard_process
guard_process()
print(resource.getrlimit(resource.RLIMIT_CORE), ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))
"""
    done = subprocess.run(
        [sys.executable, "-c", act], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "(0, 0) 0"


def test_the_loop_does_not_log_what_is_slow_whatever_the_environment_says() -> None:
    loop = asyncio.new_event_loop()
    try:
        loop.set_debug(True)
        guard_loop(loop)
        assert not loop.get_debug()
    finally:
        loop.close()
