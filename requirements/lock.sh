#!/bin/sh
# Makes the lock files anew from pyproject.toml: every package pinned, every file by its hash, for Python 3.11 and
# up on any machine. Needs the network. The resolver lives in a folder of its own that is removed again.
set -eu
cd "$(dirname "$0")/.."

resolver=$(mktemp -d)
trap 'rm -rf "$resolver"' EXIT INT TERM
"${PYTHON:-python3}" -m venv "$resolver"
"$resolver/bin/python" -m pip --disable-pip-version-check -qq install uv

lock() { # NAME ARGUMENT...
    name=$1
    shift
    "$resolver/bin/uv" pip compile "$@" --universal --python-version 3.11 --generate-hashes --upgrade \
        --no-config --no-emit-index-url --no-emit-find-links --no-header --quiet --output-file "$resolver/$name.lock"
    {
        echo "# Made by make lock from pyproject.toml. Not to be edited."
        cat "$resolver/$name.lock"
    } >"requirements/$name.lock"
    echo "requirements/$name.lock: $(grep -c '==' "requirements/$name.lock") packages"
}

# dev first: the others take its versions, so that what was tested is what is installed.
lock dev pyproject.toml --extra box --extra workstation --extra portal --extra dev
lock outside pyproject.toml --extra outside --constraint requirements/dev.lock
lock box pyproject.toml --extra box --constraint requirements/dev.lock
lock workstation pyproject.toml --extra workstation --constraint requirements/dev.lock
lock portal pyproject.toml --extra portal --constraint requirements/dev.lock
echo 'setuptools>=77' >"$resolver/build.in"
lock build "$resolver/build.in" --constraint requirements/dev.lock --no-annotate
