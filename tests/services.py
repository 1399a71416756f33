"""The real parts the tests run against: throw-away PostgreSQL, MariaDB and Redis, and Chromium."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import sqlalchemy as sa

REMEDY = "`make test` installs it on Debian."


class ServiceMissing(Exception):
    """A program the tests need is not on this machine."""


def free_port() -> int:
    """Return a TCP port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_for_port(port: int, *, seconds: float = 20) -> None:
    """Return once somebody listens on *port* of 127.0.0.1. :raises TimeoutError: if nobody does."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise TimeoutError(f"Nobody listens on port {port} after {seconds} seconds.")


def chromium() -> str:
    """Return the path of Chromium.

    :raises ServiceMissing: when there is none.
    """
    for name in ("chromium", "google-chrome"):
        if path := shutil.which(name):
            return path
    raise ServiceMissing(f"No Chromium found. {REMEDY}")


# No sandbox: it cannot be had as root, and only our own pages are visited.
CHROMIUM_ARGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")


@dataclass(frozen=True, slots=True)
class Server:
    """A PostgreSQL server, in which each test has databases of its own."""

    url: str

    def _administer(self, *statements: str) -> None:
        with psycopg.connect(self.url.replace("+psycopg", ""), autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def create(self, *, template: str = "template1") -> str:
        """Make a database like *template* and return its SQLAlchemy URL."""
        name = f"t{uuid.uuid4().hex}"
        self._administer(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return self.url.rpartition("/")[0] + f"/{name}"

    def drop(self, url: str) -> None:
        """Remove a database, and whoever is still connected to it."""
        self._administer(f'DROP DATABASE "{name_of(url)}" WITH (FORCE)')


def name_of(url: str) -> str:
    """Return the name of the database in a URL made by :class:`Server`."""
    return url.rpartition("/")[2]


@contextmanager
def postgres_server(
    kept: Path | None = None, port: int | None = None, *, fsync: bool = False
) -> Iterator[Server]:
    """Run a PostgreSQL cluster of its own.

    Without ``fsync`` a database for a test is made in a third of the time. What was committed
    survives the end of any process all the same; only a machine that stops would lose it.

    It is thrown away afterwards, unless it is *kept* in a directory, for the next time. With a
    *port* of its own it can be started again where its clients look for it.

    ``AUDITLOG_TEST_POSTGRES`` names a running one instead: a SQLAlchemy URL of a
    database whose user may create others.

    :raises ServiceMissing: when PostgreSQL is not on this machine.
    """
    if given := os.environ.get("AUDITLOG_TEST_POSTGRES"):
        yield Server(given)
        return

    # Not pytest's directory: as root the server runs as somebody else, who may not look in there.
    home = kept or Path(tempfile.mkdtemp(prefix="auditlog-postgres-"))
    user = _server_user()
    shutil.chown(home, user)
    try:
        with _running(home, user, port or free_port(), fsync=fsync) as port:
            yield Server(f"postgresql+psycopg://postgres@127.0.0.1:{port}/postgres")
    finally:
        if kept is None:
            shutil.rmtree(home, ignore_errors=True)


def _server_user() -> str:
    """PostgreSQL refuses to run as root."""
    if os.getuid() != 0:
        return pwd.getpwuid(os.getuid()).pw_name
    known = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"


@contextmanager
def _running(home: Path, user: str, port: int, *, fsync: bool) -> Iterator[int]:
    data = home / "data"
    initdb = [_program("initdb"), "--auth=trust", "--username=postgres", "--encoding=UTF8"]
    # A language's order, as most servers have it: "a" < "B", and LIKE needs its own index.
    icu = ["--locale-provider=icu", "--icu-locale=en-US", "--locale=C.UTF-8"]
    if not data.exists():
        _run([*initdb, "--no-sync", *icu, f"--pgdata={data}"], user)

    options = f"-c port={port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={home}"
    # A host may commit in two phases.
    options += " -c max_prepared_transactions=10"
    options += f" -c fsync={'on' if fsync else 'off'}"
    control = [_program("pg_ctl"), f"--pgdata={data}", "--wait", "--silent"]
    _run([*control, f"--log={home / 'log'}", f"--options={options}", "start"], user)
    try:
        yield port
    finally:
        _run([*control, "--mode=immediate", "stop"], user)


def _program(name: str) -> str:
    """Return the newest server's *name*: Debian does not put them on PATH."""
    installed = Path("/usr/lib/postgresql").glob(f"*/bin/{name}")
    by_version = sorted(installed, key=lambda path: int(path.parts[-3]), reverse=True)
    found = str(by_version[0]) if by_version else shutil.which(name)
    if found is None:
        raise ServiceMissing(f"PostgreSQL's {name} is not on this machine. {REMEDY}")
    return found


def _run(command: Sequence[str], user: str) -> None:
    if os.getuid() == 0:
        command = ["runuser", "-u", user, "--", *command]
    # Not captured through a pipe: the server would inherit it and never close it.
    with tempfile.TemporaryFile() as output:
        done = subprocess.run(command, check=False, stdout=output, stderr=output, cwd="/")
        if done.returncode != 0:
            output.seek(0)
            raise RuntimeError(f"{command} failed:\n{output.read().decode()}")


@contextmanager
def mariadb_server() -> Iterator[str]:
    """Run a MariaDB of its own; yield the SQLAlchemy URL of its empty database ``host``.

    :raises ServiceMissing: when MariaDB is not on this machine.
    """
    home = Path(tempfile.mkdtemp(prefix="auditlog-mariadb-"))
    user = pwd.getpwuid(os.getuid()).pw_name if os.getuid() != 0 else "mysql"
    shutil.chown(home, user)
    data, port = home / "data", free_port()
    # A place of its own for what it needs meanwhile: two at once collide in /tmp.
    places = [f"--datadir={data}", f"--tmpdir={home}"]
    install = [_found("mariadb-install-db"), "--no-defaults", *places]
    server = [_found("mariadbd"), "--no-defaults", f"--datadir={data}", f"--port={port}"]
    try:
        _run([*install, "--auth-root-authentication-method=normal", "--skip-test-db"], user)
        own = [f"--socket={home / 'socket'}", f"--pid-file={home / 'pid'}", "--skip-grant-tables"]
        options = ["--bind-address=127.0.0.1", "--skip-networking=0", *own]
        with _started([*server, *options], user, home / "log", port):
            url = f"mysql+pymysql://root@127.0.0.1:{port}/"
            _create_mariadb(url)
            yield f"{url}host"
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _create_mariadb(url: str) -> None:
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        connection.execute(sa.text("CREATE DATABASE host CHARACTER SET utf8mb4"))


@contextmanager
def redis_server(port: int | None = None) -> Iterator[str]:
    """Run a Redis of its own, with nothing in it; yield its URL.

    With a *port* of its own it can be started again where its clients look for it.

    :raises ServiceMissing: when Redis is not on this machine.
    """
    home = Path(tempfile.mkdtemp(prefix="auditlog-redis-"))
    port = port or free_port()
    command = [_found("redis-server"), "--port", str(port), "--bind", "127.0.0.1"]
    user = pwd.getpwuid(os.getuid()).pw_name
    try:
        with _started([*command, "--save", "", "--dir", str(home)], user, home / "log", port):
            yield f"redis://127.0.0.1:{port}/0"
    finally:
        shutil.rmtree(home, ignore_errors=True)


@contextmanager
def _started(command: Sequence[str], user: str, log: Path, port: int) -> Iterator[None]:
    """Run *command* as *user* while the block runs, which begins when it listens on *port*."""
    if os.getuid() == 0 and user != "root":
        command = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", *command]
    with (
        log.open("wb") as output,
        subprocess.Popen(command, stdout=output, stderr=output) as server,
    ):
        try:
            wait_for_port(port)
            yield
        finally:
            server.kill()


def _found(name: str) -> str:
    """Return the path of a server's program, which Debian may keep where only root looks."""
    path = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"))
    found = shutil.which(name, path=path)
    if found is None:
        raise ServiceMissing(f"{name} is not on this machine. {REMEDY}")
    return found
