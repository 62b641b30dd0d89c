#!/bin/sh
# Sets up .venv with the locked requirements and the project in it; what Debian has to bring is installed first.
#
#   requirements/set-up.sh run      what every target needs
#   requirements/set-up.sh test     programs of Debian that some tests start, besides
#
# As root it installs the Debian packages itself. As anybody else it says what to type and ends with 1.
# PYTHON names another interpreter than python3, VENV another folder than .venv.
set -eu
cd "$(dirname "$0")/.."

purpose=${1:-run}
python=${PYTHON:-python3}
venv=${VENV:-.venv}

say() { printf 'tipline: %s\n' "$*"; }
fail() { printf 'tipline: %s\n' "$*" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }
asks_python() { "$python" -c "$1" >/dev/null 2>&1; }

# One line per thing that is missing: the Debian packages that bring it. systemd-python has no wheel: the compiler,
# the headers and pkg-config are for it alone.
missing_packages() {
    have "$python" || echo python3
    asks_python 'import ensurepip, venv' || echo python3-venv
    asks_python 'import pathlib, sysconfig as s; assert pathlib.Path(s.get_path("include"), "Python.h").exists()' ||
        echo python3-dev
    have gcc || echo 'gcc libc6-dev'
    have pkg-config || echo pkg-config
    { have pkg-config && pkg-config --exists libsystemd; } || echo libsystemd-dev
    [ -s /etc/ssl/certs/ca-certificates.crt ] || echo ca-certificates
}

missing_test_packages() {
    { have sshd || [ -x /usr/sbin/sshd ]; } || echo openssh-server
    have systemd-analyze || echo systemd
    have chromium || echo 'chromium fonts-dejavu-core fonts-noto-color-emoji'
    have tmux || echo tmux
    { have swtpm && have tpm2_nvdefine; } || echo 'swtpm tpm2-tools'
}

on_one_line() { tr '\n' ' ' | sed 's/ $//'; }

install_packages() { # package...
    have apt-get || fail "these are missing, by their Debian names: $*"
    if [ "$(id -u)" -ne 0 ]; then
        say "some Debian packages are missing, and only root can install them. Type this, then the same make again:" >&2
        printf '\n    sudo apt-get update && sudo apt-get install --no-install-recommends %s\n\n' "$*" >&2
        exit 1
    fi
    say "installing Debian packages, about half a minute: $*"
    mkdir -p "$log_folder"
    if ! { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"; } \
        >"$log_folder/apt.log" 2>&1 </dev/null; then
        tail -n 15 "$log_folder/apt.log" >&2
        fail "apt-get failed; the whole of what it said is in $log_folder/apt.log"
    fi
}

install_needed() {
    packages=$(missing_packages | on_one_line)
    [ -z "$packages" ] && return
    # shellcheck disable=SC2086  # a list of names
    install_packages $packages
    packages=$(missing_packages | on_one_line)
    [ -z "$packages" ] || fail "$python still lacks what should come with: $packages (another one? make PYTHON=python3.12)"
}

# Debian starts an SSH server as soon as the package is there. That may happen on a build machine or where no
# systemd runs; on somebody's own machine the tests that need it are skipped instead.
install_for_tests() {
    packages=$(missing_test_packages | on_one_line)
    [ -z "$packages" ] && return
    if [ "$(id -u)" -eq 0 ] && { [ -n "${CI:-}" ] || [ ! -d /run/systemd/system ]; }; then
        # shellcheck disable=SC2086  # a list of names
        install_packages $packages
    else
        say "tests that need these Debian packages will be skipped: $packages"
    fi
}

make_venv() {
    asks_python 'import sys; assert sys.version_info >= (3, 11)' ||
        fail "$python is older than Python 3.11; name a newer one: make PYTHON=python3.12"
    if ! "$venv/bin/python" -c 'import pip' >/dev/null 2>&1; then
        rm -rf "$venv"
        "$python" -m venv "$venv"
    fi
}

# The lock files hold a hash of every file; nothing else is taken. Building is done with the locked setuptools.
fill_venv() {
    say "installing the locked Python packages in $venv, about half a minute; the next time this is skipped"
    pip install --require-hashes -r requirements/build.lock
    pip install --require-hashes --no-build-isolation -r requirements/dev.lock
    pip install --no-index --no-deps --no-build-isolation --editable .
    # What only reads what we publish, and must not be found by our own programs.
    pip install --require-hashes --target "$venv/outside" --upgrade -r requirements/outside.lock
}

pip() { "$venv/bin/python" -m pip --disable-pip-version-check -qq "$@" </dev/null; }

log_folder=build
case $purpose in
run)
    install_needed
    make_venv
    fill_venv
    say "everything is set up"
    ;;
test) install_for_tests ;;
*) fail "run or test, not $purpose" ;;
esac
