#!/usr/bin/env bash
# Makes .venv, or brings it up to date, with the packages of a lock file and glrec itself, editable.
#   setup-venv.sh demo   those of requirements-demo.lock: enough to record, a third of a gigabyte
#   setup-venv.sh dev    those of requirements.lock: the same ones in the same versions, and all that tests and checks need
# PYTHON names the interpreter; without it the newest of the usual names that is new enough is taken.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/apt.sh

minimum=3.11

is_new_enough() {
    "$1" -c "import sys; sys.exit(sys.version_info < (${minimum/./, }))" 2>/dev/null
}

# Prints the first interpreter that is new enough: the one asked for, the system's own, then others.
find_python() {
    local candidate
    for candidate in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}; do
        if is_new_enough "$candidate"; then
            command -v "$candidate"
            return
        fi
    done
    return 1
}

refuse_python() {
    local asked=${PYTHON:-python3}
    say "glrec needs Python $minimum or newer; found: $("$asked" --version 2>/dev/null || echo "no $asked that runs")"
    say "Install a newer one (on Ubuntu 22.04: sudo apt-get install python3.11 python3.11-venv)," \
        "or name it: make PYTHON=/path/to/python"
    exit 1
}

# A Python without ensurepip makes virtual environments without pip; Debian keeps it in a package of its own.
require_ensurepip() {
    local package
    "$1" -c 'import ensurepip' 2>/dev/null && return
    package="$(basename "$1")-venv"
    can_install || say "$1 cannot make virtual environments: $package is not installed"
    install_packages "$package"
}

case ${1:-} in
    demo) lock=requirements-demo.lock stamps=(.venv/.complete-demo) ;;
    dev) lock=requirements.lock stamps=(.venv/.complete .venv/.complete-demo) ;;
    *) say "usage: $0 demo|dev"; exit 2 ;;
esac
[[ -n ${PYTHON:-} ]] || command -v python3 >/dev/null || install_packages python3 python3-venv
python=$(find_python) || refuse_python
require_ensurepip "$python"

say "making .venv with $("$python" --version): up to $(grep -o '^[^ ]*==' "$lock" | sort -u | wc -l) packages of $lock"
"$python" -m venv .venv
pip=(.venv/bin/python -m pip --disable-pip-version-check install)
"${pip[@]}" --progress-bar off --require-hashes --requirement "$lock" | .venv/bin/python scripts/pip_progress.py
"${pip[@]}" --quiet --no-deps --no-build-isolation --editable .
touch "${stamps[@]}"
say "made .venv in $SECONDS s: $(du -sh .venv | cut -f1)"
