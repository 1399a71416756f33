#!/bin/sh
# Print the first Python on PATH that can make the environment: 3.11 or newer, with venv.
# With arguments, look at those names only.
set -eu

[ $# -gt 0 ] || set -- python3 python3.14 python3.13 python3.12 python3.11

for name in "$@"; do
    # A pyenv shim can be on PATH for a version that is not there: ask it, don't trust it.
    if path=$("$name" -c '
import sys, ensurepip, venv
assert sys.version_info >= (3, 11)
print(sys.executable)' 2>/dev/null); then
        echo "$path"
        exit 0
    fi
done

echo "No Python 3.11 or newer with the venv module found (looked for: $*)." >&2
exit 1
