#!/usr/bin/env bash
# Sees to the system's graphics: what is missing is installed from the distribution, or named when that is not allowed.
#   setup-system.sh demo   OpenGL without a screen, and fonts
#   setup-system.sh test   also windows under Xvfb, Qt's xcb platform, libass, and Chromium for the browser test
# What counts is whether a thing works, not whether its package is there, so everything is tried each time; that takes
# half a second.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/apt.sh

readonly egl_packages=(libegl1 libgl1 libgl1-mesa-dri)
readonly font_packages=(libfontconfig1)
readonly window_packages=(xvfb libgl1 libgl1-mesa-dri)
# Newer releases call the first one libglib2.0-0t64; apt-get finds it by the old name, which it provides.
readonly qt_packages=(libglib2.0-0 libdbus-1-3 libxkbcommon-x11-0 libxcb-cursor0 libxcb-icccm4
    libxcb-keysyms1 libxcb-shape0 libegl1 libgl1 libfontconfig1)

# Whether all of these shared libraries load, with everything that they need in turn.
loads() {
    .venv/bin/python -c 'import ctypes, sys; [ctypes.CDLL(name) for name in sys.argv[1:]]' "$@" 2>/dev/null
}

can_draw() { .venv/bin/python scripts/probe_egl.py; }
has_fonts() { loads libfontconfig.so.1; }
has_windows() { command -v Xvfb >/dev/null && loads libGL.so.1 libGLX_mesa.so.0; }
has_qt() { loads .venv/lib/python3*/site-packages/PySide6/Qt/plugins/platforms/libqxcb.so; }
has_browser() { command -v chromium >/dev/null; }

# Sets `missing` to the packages of everything that does not work.
find_missing() {
    missing=()
    can_draw || missing+=("${egl_packages[@]}")
    has_fonts || missing+=("${font_packages[@]}")
    [[ $1 == test ]] || return 0
    has_windows || missing+=("${window_packages[@]}")
    has_qt || missing+=("${qt_packages[@]}")
}

# Without a browser its test is skipped, so that this never fails. Ubuntu's package only points to a snap, which does
# not start in a container or for root.
offer_browser() {
    has_browser && return
    if grep -q '^ID=ubuntu' /etc/os-release; then
        say "Ubuntu has no Chromium outside snap: the browser test will be skipped"
    else
        install_packages chromium || say "without Chromium the browser test will be skipped"
    fi
}

# Without libass the tests of captions are skipped, likewise.
offer_captions() {
    loads libass.so.9 || install_packages libass9 || say "without libass the tests of captions will be skipped"
}

# Without file systems in user space the tests of power cuts are skipped, likewise.
offer_user_space_files() {
    loads libfuse.so.2 || install_packages libfuse2 fuse3 || say "without libfuse2 the tests of power cuts will be skipped"
}

[[ ${1:-} == demo || ${1:-} == test ]] || { say "usage: $0 demo|test"; exit 2; }
find_missing "$1"
if ((${#missing[@]})); then
    mapfile -t missing < <(printf '%s\n' "${missing[@]}" | sort -u)
    install_packages "${missing[@]}"
    find_missing "$1"
    if ((${#missing[@]})); then
        say "still not working after installing: ${missing[*]}"
        exit 1
    fi
fi
[[ $1 == demo ]] || offer_browser
[[ $1 == demo ]] || offer_captions
[[ $1 == demo ]] || offer_user_space_files
