#!/usr/bin/env bash
# Sees to the system's graphics: what is missing is installed from the distribution, or named when that is not allowed.
#   setup-system.sh demo   OpenGL without a screen, and fonts
#   setup-system.sh test   also windows under Xvfb, Qt's xcb platform, the libraries that tests load by themselves, and, for
#                          tests that are skipped without them, Chromium, libass and a compiler
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
# By name. A test holds that all are here that tests load with ctypes.
declare -Ar package_of_library=(
    [libEGL.so.1]=libegl1
    [libGL.so.1]=libgl1
    [libGLX.so.0]=libglx0
    [libOpenGL.so.0]=libopengl0
    [libX11.so.6]=libx11-6
)

# Whether all of these shared libraries load, with everything that they need in turn.
loads() {
    .venv/bin/python -c 'import ctypes, sys; [ctypes.CDLL(name) for name in sys.argv[1:]]' "$@" 2>/dev/null
}

can_draw() { .venv/bin/python scripts/probe_egl.py; }
has_fonts() { loads libfontconfig.so.1; }
has_windows() { command -v Xvfb >/dev/null && loads libGL.so.1 libGLX_mesa.so.0; }
has_qt() { loads .venv/lib/python3*/site-packages/PySide6/Qt/plugins/platforms/libqxcb.so; }
has_browser() { command -v chromium >/dev/null; }
has_captions() { loads libass.so.9; }
has_user_space_files() { loads libfuse.so.2; }
# A compiler without the C library's headers makes no program.
has_compiler() { echo '#include <stdio.h>' | g++ -x c++ -fsyntax-only - 2>/dev/null && command -v gcc >/dev/null; }

# Sets `missing` to the packages of everything that does not work.
find_missing() {
    local library
    missing=()
    can_draw || missing+=("${egl_packages[@]}")
    has_fonts || missing+=("${font_packages[@]}")
    [[ $1 == test ]] || return 0
    has_windows || missing+=("${window_packages[@]}")
    has_qt || missing+=("${qt_packages[@]}")
    for library in "${!package_of_library[@]}"; do
        loads "$library" || missing+=("${package_of_library[$library]}")
    done
}

# offer WHAT TESTS PACKAGE... : installs what tests can do without; where that fails they are skipped, and nothing else.
offer() {
    install_packages "${@:3}" || say "without $1 $2 will be skipped"
}

# Ubuntu's package only points to a snap, which does not start in a container or for root.
offer_browser() {
    if grep -q '^ID=ubuntu' /etc/os-release; then
        say "Ubuntu has no Chromium outside snap: the browser test will be skipped"
    else
        offer Chromium "the browser test" chromium
    fi
}

[[ ${1:-} == demo || ${1:-} == test ]] || { say "usage: $0 demo|test"; exit 2; }
find_missing "$1" 2>/dev/null # what does not work now is mended, and so no news
if ((${#missing[@]})); then
    mapfile -t missing < <(printf '%s\n' "${missing[@]}" | sort -u)
    can_install || find_missing "$1" # the reasons help whoever is asked to install
    install_packages "${missing[@]}"
    find_missing "$1"
    if ((${#missing[@]})); then
        say "still not working after installing: ${missing[*]}"
        exit 1
    fi
fi
if [[ $1 == test ]]; then
    has_browser || offer_browser
    has_captions || offer libass "the tests of captions" libass9
    has_user_space_files || offer libfuse2 "the tests of power cuts" libfuse2 fuse3
    has_compiler || offer "a C++ compiler" "the tests that compile kernels and NVIDIA's stand-in" g++ libc6-dev
fi
