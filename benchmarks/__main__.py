"""``python -m benchmarks [NAME…]``."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping

from . import bulk
from . import exporting
from . import first_paint
from . import importing
from . import ingesting
from . import nothing
from . import one_event
from . import search
from . import sifting
from . import tracked
from . import troubled
from . import webhooks
from .figures import Figure
from .figures import table
from .machine import description

BENCHMARKS: Mapping[str, Callable[[], Iterator[Figure]]] = {
    "importing": importing.run,
    "nothing": nothing.run,
    "one_event": one_event.run,
    "bulk": bulk.run,
    "ingesting": ingesting.run,
    "exporting": exporting.run,
    "search": search.run,
    "first_paint": first_paint.run,
    "sifting": sifting.run,
    "tracked": tracked.run,
    "webhooks": webhooks.run,
    "troubled": troubled.run,
}


def main(names: list[str]) -> int:
    """Run what was named, or all; print each line as it comes and the table at the end."""
    if unknown := sorted(set(names) - BENCHMARKS.keys()):
        print(f"There is no benchmark {unknown[0]}. There are: {', '.join(BENCHMARKS)}.")
        return 2
    where = description()
    figures: list[Figure] = []
    for name in names or BENCHMARKS:
        for figure in BENCHMARKS[name]():
            figures.append(figure)
            print(
                f"{figure.what}: {figure.ours} | {figure.limit} | {figure.result}", file=sys.stderr
            )
    print(f"\n{where}\n\n{table(figures)}")

    return 0


if __name__ == "__main__":
    # So that the database's server is stopped too, by those who would stop it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    sys.exit(main(sys.argv[1:]))
