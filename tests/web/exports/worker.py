"""A process that makes exports until it is killed: ``python -m tests.web.exports.worker URL``.

It says ``step`` after each step.
"""

from __future__ import annotations

import sys

from flask import Flask

from flask_auditlog import AuditLog
from flask_auditlog import state
from flask_auditlog.export import chunks
from flask_auditlog.export import parquet
from flask_auditlog.web.exports import exporter
from flask_auditlog.web.exports import making


def small() -> None:
    """Small chunks, and leases that end soon: in this process."""
    making.CHUNK, chunks.CHUNK, parquet.ROWS = 1, 5000, 100
    making.LEASE = 0.5


def main(url: str) -> None:
    """Make exports, slowly enough to be killed meanwhile."""
    small()
    app = Flask("worker")
    app.config.update(TESTING=True, SECRET_KEY="s3cr3t", AUDITLOG_DATABASE_URL=url)
    AuditLog(app)
    while exporter.exporter_of(state.of(app)).turn(lambda: False):
        sys.stdout.write("step\n")
        sys.stdout.flush()
        # The next step is begun when it is asked for, so that it is killed where it is meant to be.
        if not sys.stdin.readline():
            return


if __name__ == "__main__":
    main(sys.argv[1])
