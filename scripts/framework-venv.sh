#!/usr/bin/env bash
# Makes build/frameworks: an environment that sees the packages of .venv, and has the heavy frameworks beside them. Usage:
#   scripts/framework-venv.sh && PYTHONPATH=$PWD build/frameworks/bin/python -m pytest tests/contract/test_adapter.py
# glrec's own entry points are written by hand: pip would look for all of its dependencies again.
set -euo pipefail
cd "$(dirname "$0")/.."

folder=build/frameworks
packages=$PWD/$(echo .venv/lib/python3.*/site-packages)
test -d "$packages" || { echo "framework-venv.sh: make the environment first, by: make check" >&2; exit 1; }
test -x $folder/bin/python || .venv/bin/python -m venv --without-pip $folder
own=$(echo $folder/lib/python3.*/site-packages)
echo "$packages" >"$own/shared.pth"
$folder/bin/python -m pip install --quiet --disable-pip-version-check --requirement scripts/frameworks-requirements.txt
$folder/bin/python scripts/write_entry_points.py "$own"
