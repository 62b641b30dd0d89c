#!/bin/sh
# Installs the workstation from the folder or archive this lies in, on a machine without network. It needs Python 3.11
# or newer as Debian brings it, and nothing else. What it does and asks: install.py --help, docs/install.md.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
python=${PYTHON:-python3}
command -v "$python" >/dev/null 2>&1 || {
    echo "error: there is no $python; Debian has it in the package python3" >&2
    exit 4
}
# -E -s -B: no PYTHON variables, nothing of the user's own, and nothing is written into the medium.
exec "$python" -E -s -B "$here/install.py" "$@"
