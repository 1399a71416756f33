"""Whole processes: their end, their forks, their greenlets, and two that do the same at once."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from flask_auditlog.event import new_uid
from tests import services
from tests.checks import check_log
from tests.store.samples import entry
from tests.store.samples import opened

from .nursery import Nursery
from .nursery import ROOT

pytestmark = pytest.mark.faults


def run(script: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run a script in a new interpreter, where every warning is an error."""
    command = [sys.executable, "-W", "error", "-c", script, *map(str, arguments)]
    return subprocess.run(
        command, cwd=ROOT, check=False, capture_output=True, text=True, timeout=60
    )


def test_one_key_sent_by_processes_at_once_is_answered_the_same(
    nursery: Nursery, database_url: str
) -> None:
    at = time.time() + 0.4
    several = [nursery.start("append_once", database_url, at, f"p{n}") for n in range(4)]
    answers = [json.loads(child.hears("done")[0]) for child in several]
    first = [each["mine"] for each in answers if each["answer"] is None]
    assert len(first) == 1
    assert {each["answer"] for each in answers} == {None, *first}
    with opened(database_url) as store:
        assert check_log(store) == 2


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_processes_may_upgrade_at_once(
    nursery: Nursery, request: pytest.FixtureRequest, tmp_path: Path, kind: str
) -> None:
    url = f"sqlite:///{tmp_path / 'new.db'}"
    if kind == "postgresql":
        url = request.getfixturevalue("empty_postgres_url")
    at = time.time() + 0.2
    several = [nursery.start("upgrade", url, at) for _ in range(4)]
    assert [child.hears("done") for child in several] == [["[]", "done"]] * 4
    with opened(url) as store:
        store.append([entry()])
        assert check_log(store) == 1


def test_processes_write_one_log(nursery: Nursery, database_url: str) -> None:
    several = [nursery.start("append_many", database_url, 25, 2) for _ in range(4)]
    answered = [uid for child in several for uid in child.hears("done")[:-1]]
    with opened(database_url) as store:
        assert check_log(store, answered=answered) == len(answered) == 200


ENDING = """
import os, sys, threading, time
from tests.store.samples import entry, opened

store = opened(sys.argv[1]).__enter__()
store.append([entry()])

def work():
    while True:
        uid = store.append([entry()]).records[0].event.uid
        os.write(1, f"{uid}\\n".encode())

for _ in range(4):
    threading.Thread(target=work, daemon=True).start()
time.sleep(0.2)
"""


def test_what_threads_record_while_the_interpreter_ends_is_there(database_url: str) -> None:
    done = run(ENDING, database_url)
    assert (done.returncode, done.stderr) == (0, "")
    answered = done.stdout.split()
    assert len(answered) > 10
    with opened(database_url) as store:
        assert check_log(store, answered=answered) >= len(answered) + 1


@pytest.mark.parametrize("preload", [False, True])
def test_gunicorns_workers_write_one_log(database_url: str, tmp_path: Path, preload: bool) -> None:
    with opened(database_url) as store:
        store.realms.add("default")
    port = services.free_port()
    command = [sys.executable, "-m", "gunicorn", "--workers=2", "--threads=4", "--preload"]
    command = command[: None if preload else -1]
    command += [f"--bind=127.0.0.1:{port}", "--graceful-timeout=10", "tests.faults.app:app"]
    environment = {**os.environ, "TEST_LOG": database_url}
    with (tmp_path / "log").open("w") as log:
        server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
    try:
        services.wait_for_port(port)
        with ThreadPoolExecutor(8) as pool:
            answered = list(pool.map(lambda _: visit(port), range(80)))
        server.send_signal(signal.SIGTERM)
        assert server.wait(20) == 0
    finally:
        server.kill()
        server.wait()
    assert "Traceback" not in (tmp_path / "log").read_text()
    with opened(database_url) as store:
        # Each process that loads the app makes one visit of its own.
        loaded = 1 if preload else 2
        assert check_log(store, answered=answered) == 80 + loaded


def visit(port: int) -> str:
    """Make the host record an event; return its uid."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/visit", timeout=20) as answer:
        return str(json.load(answer)["uid"])


GREENLETS = """
from gevent import monkey
monkey.patch_all()
import random, sys, time
import gevent
from flask_auditlog.event import new_uid
from tests.checks import check_log
from tests.store.samples import batch, entry, opened, uids

random.seed(7)
answered, timed_out = [], 0

def work():
    global timed_out
    for _ in range(12):
        given = batch(new_uid(), 2)
        try:
            # From less than an append takes anywhere to more than it takes on a slow machine.
            with gevent.Timeout(10 ** random.uniform(-4, -0.5)):
                store.append(given)
                answered.extend(uids(given))
        except gevent.Timeout:
            timed_out += 1

with opened(sys.argv[1]) as store:
    store.append([entry()])
    gevent.joinall([gevent.spawn(work) for _ in range(30)], raise_error=True)
    store.append([entry()])
    print(timed_out, len(answered), check_log(store, answered=answered))
"""


def test_greenlets_with_timeouts_leave_the_log_whole(nursery: Nursery, database_url: str) -> None:
    # Somebody else writes too: alone, a greenlet has nothing to wait for in SQLite.
    other = nursery.start("append_many", database_url, 100_000, 2)
    done = run(GREENLETS, database_url)
    other.kill()
    assert done.returncode == 0, done.stderr
    timed_out, answered, size = map(int, done.stdout.split())
    assert min(timed_out, answered) >= 3, done.stdout
    assert size >= answered + 2


PATIENT = """
from gevent import monkey
monkey.patch_all()
import sys, time
import gevent
from tests.store.samples import entry, opened

longest = 0.0

def tick():
    global longest
    while True:
        begun = time.monotonic()
        gevent.sleep(0.001)
        longest = max(longest, time.monotonic() - begun)

with opened(sys.argv[1]) as store:
    print("ready", flush=True)
    sys.stdin.readline()
    ticker = gevent.spawn(tick)
    gevent.sleep(0.01)
    begun = time.monotonic()
    store.append([entry()])
    waited = time.monotonic() - begun
    gevent.sleep(0.01)
    ticker.kill()
    print(waited, longest, flush=True)
"""


def test_a_greenlet_that_waits_for_the_file_stops_no_other(
    nursery: Nursery, sqlite_url: str
) -> None:
    waiting = subprocess.Popen(
        [sys.executable, "-c", PATIENT, sqlite_url],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert waiting.stdout is not None
    assert waiting.stdout.readline() == "ready\n"
    nursery.start("hold_sqlite", sqlite_url, 0.6).hears("locked")
    waited, longest = map(float, waiting.communicate("go\n", timeout=20)[0].split())
    assert waited > 0.4
    assert longest < 0.3


BACK = """
import sys, time
from tests.checks import check_log
from tests.store.samples import entry, opened, uids
from flask_auditlog.store import Query
from tests.store.samples import ALL

real = time.time_ns
with opened(sys.argv[1]) as store:
    given = [entry() for _ in range(3)]
    store.append(given)
    time.time_ns = lambda: real() - 3600 * 10**9
    later = [entry() for _ in range(3)]
    assert uids(given + later) == sorted(uids(given + later))
    store.append(later)
    records = store.after(0, Query(), ALL, limit=9)
    assert [r.position for r in records] == [1, 2, 3, 4, 5, 6]
    assert records[-1].received_time >= records[0].received_time
    check_log(store)
"""


def test_a_clock_set_back_an_hour_changes_no_order(database_url: str) -> None:
    done = run(BACK, database_url)
    assert done.returncode == 0, done.stderr


def test_a_log_is_whole_for_a_process_that_comes_later(database_url: str) -> None:
    given = [entry(uid=new_uid()) for _ in range(3)]
    with opened(database_url) as store:
        store.append(given)
    with opened(database_url) as store:
        assert check_log(store) == 3
