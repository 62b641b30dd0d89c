#!/bin/sh
# Makes the folder that is carried to a machine without network: wheels of one role, its rooms and no others.
#
#   requirements/bundle.sh box|workstation [--own]
#
# The result is dist/ROLE; with --own only our own wheel is made, which needs no network. PYTHON names the
# interpreter to build with: it needs setuptools, and the same version as the machine that the folder is for.
set -eu
cd "$(dirname "$0")/.."

role=${1:?box or workstation}
own=${2:-}
python=${PYTHON:-.venv/bin/python}
out=${OUT:-dist}/$role

case $role in
box) rooms='wire hw gateway' leave_out='^tipline-\(workstation\|portal\)' ;;
workstation) rooms='wire disclosure workstation' leave_out='^tipline-\(gateway\|modem\|portal\)' ;;
*) echo "no such role: $role" >&2; exit 2 ;;
esac

source=$(mktemp -d)
trap 'rm -rf "$source"' EXIT INT TERM
rm -rf "$out"
mkdir -p "$out"

# shellcheck disable=SC2086  # a list of names
cp -r $rooms README.md LICENSE "$source"
find "$source" -name __pycache__ -type d -prune -exec rm -rf {} +
include=$(printf '"%s*", ' $rooms)
sed -e "s/^name = \"tipline\"/name = \"tipline-$role\"/" \
    -e "/^$(echo "$leave_out" | sed 's/^^//')/d" \
    -e "s/^include = .*/include = [${include%, }]/" pyproject.toml >"$source/pyproject.toml"

# The date of the source, so that the same source gives the same wheel; else 1980, the earliest that a zip file can tell.
: "${SOURCE_DATE_EPOCH:=$(git log -1 --format=%ct 2>/dev/null || echo 315532800)}"
export SOURCE_DATE_EPOCH
if [ "$role" = workstation ] && [ "$SOURCE_DATE_EPOCH" -gt 315532800 ]; then
    version=$(sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)
    echo "$version $(date -u -d "@$SOURCE_DATE_EPOCH" +%Y-%m-%dT%H:%M:%SZ)" >"$source/workstation/machine/built.txt"
fi

pip() { "$python" -m pip --disable-pip-version-check -qq "$@" </dev/null; }
pip wheel --no-index --no-deps --no-build-isolation --wheel-dir "$out" "$source"
[ "$own" = --own ] && exit 0
pip wheel --require-hashes --no-build-isolation --wheel-dir "$out" -r "requirements/$role.lock"
[ "$role" = box ] && cp -r config "$out/config"
cp "requirements/$role.lock" LICENSE "$out"
echo "$out: $(find "$out" -name '*.whl' | wc -l) wheels"
