"""``python -m example_app``: Ledgerly with a history, on this machine, with no server."""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import socket
import sys
import time
from pathlib import Path

from flask import Flask
from sqlalchemy import make_url
from werkzeug.serving import make_server

from . import create_app
from . import demo
from . import history

HOST = "127.0.0.1"
# Hashing is slow on purpose. The demo's passwords are printed below anyway.
QUICK = "scrypt:8192:8:1"
FILES = ("ledgerly.sqlite", "auditlog.sqlite", "secret-key", "half-made", "ready")
# Of which version of the models the data is; older data is made anew.
READY = "ready-2"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m example_app", description=__doc__)
    parser.add_argument(
        "--reset", action="store_true", help="start afresh; a log in PostgreSQL keeps what it has"
    )
    options = parser.parse_args()

    # Taken first: a second copy must not touch the data of the first.
    with listen(port()) as listening:
        try:
            app = prepare(reset=options.reset)
        except KeyboardInterrupt:
            sys.exit("\nStopped before the data was made. The next start makes it anew.")
        serve(app, listening)


def serve(app: Flask, listening: socket.socket) -> None:
    number = listening.getsockname()[1]
    try:
        print(banner(app, number), flush=True)
        make_server(HOST, number, app, threaded=True, fd=listening.fileno()).serve_forever()
    except KeyboardInterrupt:
        pass
    print("\nStopped. What happened is kept.")


def port() -> int:
    given = os.environ.get("PORT", "5000")
    if not given.isdigit() or int(given) > 65535:
        sys.exit(f"PORT is a number up to 65535, not {given!r}.")

    return int(given)


def listen(number: int) -> socket.socket:
    try:
        return socket.create_server((HOST, number))
    except OSError as error:
        sys.exit(
            f"Port {number} cannot be used: {os.strerror(error.errno or 0)}. "
            f"Choose another: PORT={number + 1} python -m example_app"
        )


def prepare(*, reset: bool) -> Flask:
    """Return the app, with its data made if this is the first start."""
    app = create_app()
    instance = Path(app.instance_path)
    half_made = instance / "half-made"
    if reset or half_made.exists() or (instance / "ready").exists():
        forget(instance)
        app = create_app()
    # Only PostgreSQL needs this; the log's SQLite file makes itself.
    app.test_cli_runner().invoke(args=["auditlog", "upgrade"], catch_exceptions=False)
    if not (instance / READY).exists():
        half_made.write_text(place_of_log(app))
        began = time.monotonic()
        print("Making the demo data, once: twelve people use Ledgerly's pages ...", flush=True)
        history.bring(app, time.time_ns() // 1_000_000)
        demo.play(create_app({"PASSWORD_METHOD": QUICK}))
        half_made.rename(instance / READY)
        print(f"Done in {time.monotonic() - began:.1f} s.", flush=True)

    return app


def forget(instance: Path) -> None:
    for name in FILES:
        for path in instance.glob(f"{name}*"):
            path.unlink()


def banner(app: Flask, number: int) -> str:
    log, made = place_of_log(app), (Path(app.instance_path) / READY).read_text()
    hint = (
        ""
        if log == made
        else f"\n  The demo's events are in {made}: --reset makes them again in this log.\n"
    )
    python = sys.executable if shutil.which("python") != sys.executable else "python"
    inside = Path(python)
    if inside.is_relative_to(Path.cwd()):
        python = str(inside.relative_to(Path.cwd()))
    python = shlex.quote(python)
    address = f"http://{HOST}:{number}"

    return f"""
  Ledgerly is at {address}/    Ctrl-C stops it.

  Sign in as
    {demo.SOFIA.email:<24} {demo.SOFIA.password:<26} staff: sees the whole audit log
    {demo.MAYA.email:<24} {demo.MAYA.password:<26} owner: sees that of Kestrel Coffee Roasters

  Audit log    {address}/audit/
  API token    {python} -m flask --app example_app auditlog token create \\
                 --permission publish-events --permission view-events
  Search       {python} -m flask --app example_app auditlog search --type 'access.*'
  Files        {app.instance_path}
  The log      {log}
  Afresh       {python} -m example_app --reset
{hint}"""


def place_of_log(app: Flask) -> str:
    return make_url(app.config["AUDITLOG_DATABASE_URL"]).render_as_string(hide_password=True)


if __name__ == "__main__":
    main()
