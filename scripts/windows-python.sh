#!/usr/bin/env bash
# Makes a Windows CPython 3.11 that runs here under wine, with glrec and its extras as Windows' users install them.
#   windows-python.sh FOLDER [TEST...]   makes it in FOLDER if it is not there, then runs the tests named, if any, by pytest
#
# python311.dll and the standard library's compiled modules come out of Panda3D's wheel for Windows, the pure part is the
# same on every system, and python.exe is a few lines of C. OpenGL is wine's WGL on llvmpipe, on an X server of its own.
# What this proves, and what it cannot, says docs/platforms.md.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
source scripts/apt.sh

# What wine lacks for newer ones, docs/platforms.md says.
readonly numpy=numpy==1.26.4
readonly qt=(pyside6-essentials==6.4.3 shiboken6==6.4.3)
readonly test_packages=(pytest pytest-timeout pytest-xdist hypothesis psutil pillow 'scipy<1.16' glfw pygame-ce zfec "${qt[@]}")
readonly extras=cli,pyglet,moderngl,vispy,glfw,pygame,imageio,spill
readonly python=.venv/bin/python

missing=()
command -v /usr/lib/wine/wine64 >/dev/null || missing+=(wine wine64)
command -v x86_64-w64-mingw32-gcc >/dev/null || missing+=(gcc-mingw-w64-x86-64)
command -v Xvfb >/dev/null || missing+=(xvfb)
((${#missing[@]} == 0)) || install_packages "${missing[@]}"

folder=$(mkdir -p "${1:?a folder}" && cd "$1" && pwd)
shift

# Installs Windows wheels into the Windows Python; pip of this system can do that.
install_wheels() {
    "$python" -m pip install --quiet --disable-pip-version-check --root-user-action ignore --upgrade --platform win_amd64 \
        --python-version 3.11 --implementation cp --abi cp311 --abi abi3 --abi none --only-binary=:all: \
        --target "$folder/py/Lib/site-packages" "$@" 2> >(grep -Ev "is ignored: it is neither a file|dependency resolver|which is incompatible" >&2)
}

make_python() {
    local standard
    rm -rf "$folder/py" && mkdir -p "$folder/py/DLLs" "$folder/py/Lib/site-packages" "$folder/parts"
    "$python" -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: --platform win_amd64 \
        --python-version 3.11 --implementation cp -d "$folder/parts" panda3d==1.10.16 2>/dev/null
    "$python" - "$folder" <<'UNPACK'
import sys, zipfile
from fnmatch import fnmatch
from pathlib import Path

folder = Path(sys.argv[1])
wanted = ("python311.dll", "*.pyd", "VCRUNTIME140*.dll", "lib*.dll", "sqlite3.dll", "api-ms*")
in_dlls = ("*.pyd", "libffi-8.dll", "libcrypto-3.dll", "libssl-3.dll", "sqlite3.dll")
(wheel,) = (folder / "parts").glob("panda3d*.whl")
with zipfile.ZipFile(wheel) as archive:
    for entry in archive.namelist():
        name = Path(entry).name
        is_its_own = name.startswith(("libpanda", "libp3"))
        if entry.startswith("deploy_libs/") and any(fnmatch(name, each) for each in wanted) and not is_its_own:
            place = folder / "py" / ("DLLs" if any(fnmatch(name, each) for each in in_dlls) else ".") / name
            place.write_bytes(archive.read(entry))
UNPACK
    standard=$(python3.11 -c 'import os; print(os.path.dirname(os.__file__))' 2>/dev/null ||
        "$python" -c 'import os; print(os.path.dirname(os.__file__))')
    cp -a "$standard/." "$folder/py/Lib/"
    rm -rf "$folder"/py/Lib/{site-packages,dist-packages,lib-dynload,test,ensurepip,__pycache__}
    mkdir -p "$folder/py/Lib/site-packages"
    x86_64-w64-mingw32-gcc -municode -O2 -o "$folder/py/python.exe" scripts/windows-python.c
    # python3.dll, which wheels for the stable ABI want, hands all on to python311.dll
    {
        echo 'LIBRARY "python3.dll"'
        echo EXPORTS
        x86_64-w64-mingw32-objdump -p "$folder/py/python311.dll" | awk '
            /\[Ordinal\/Name Pointer\] Table/ {on = !done; next}
            on && /^\t\[/ {print $NF "=python311." $NF}
            on && /^$/ {on = 0; done = 1}'
    } >"$folder/parts/python3.def"
    echo 'int DllMain(void *a, unsigned b, void *c) { return 1; }' >"$folder/parts/empty.c"
    x86_64-w64-mingw32-gcc -shared -nostdlib -e DllMain -o "$folder/py/python3.dll" "$folder/parts/empty.c" \
        "$folder/parts/python3.def"
    rm -rf "$folder/parts"
    install_wheels "$numpy" "${test_packages[@]}"
}

install_glrec() {
    rm -rf "$folder/dist"
    "$python" -m build --wheel --no-isolation --outdir "$folder/dist" . >/dev/null
    rm -rf "$folder"/py/Lib/site-packages/glrec*
    install_wheels "$numpy" "$(echo "$folder"/dist/glrec-*.whl)[$extras]"
}

# Runs the Windows Python. wine's handles are invalid unless there is a pipe on both sides; this one stays open.
windows_python() {
    env WINEPREFIX="$folder/prefix" WINEDEBUG=-all PYTHONDONTWRITEBYTECODE=1 PYTHONUTF8="${PYTHONUTF8-1}" \
        /usr/lib/wine/wine64 "$folder/py/python.exe" "$@" 0<>"$folder/input" 2>&1 | cat
}

# Opens a window that stays, for wine's desktop ends with the last one and takes a while to begin again. The first start makes
# wine's prefix as well.
open_desktop() {
    windows_python -u -c 'import ctypes, time
user, void = ctypes.windll.user32, ctypes.c_void_p
user.CreateWindowExW.restype = user.GetDC.restype = void
window = user.CreateWindowExW(0, "STATIC", "stays", 0, 0, 0, 1, 1, None, None, None, None)
assert window, "no window"
assert ctypes.windll.gdi32.DescribePixelFormat(void(user.GetDC(void(window))), 1, 0, None), "no OpenGL"
print("there")
time.sleep(86400)' >"$folder/desktop" &
    while ! grep -q there "$folder/desktop" 2>/dev/null; do
        kill -0 $! 2>/dev/null || return 1
        sleep 0.2
    done
}

end_wine() { WINEPREFIX=$folder/prefix /usr/lib/wine/wineserver64 -k 2>/dev/null || true; }

made_by=$(sha256sum <scripts/windows-python.sh)
[[ $(cat "$folder/.complete" 2>/dev/null) == "$made_by" ]] || {
    say "making a Windows Python"
    make_python
    echo "$made_by" >"$folder/.complete"
}
install_glrec
(($#)) || exit 0

rm -f "$folder"/{input,desktop,display} && mkfifo "$folder/input"
display=$folder/display
Xvfb -displayfd 9 -screen 0 1280x1024x24 -nolisten tcp 9>"$display" >/dev/null 2>&1 &
server=$!
trap 'end_wine; kill $server 2>/dev/null || true' EXIT
while [[ ! -s $display ]]; do kill -0 $server || exit; sleep 0.05; done
DISPLAY=:$(<"$display")
export DISPLAY
open_desktop || { say "wine has no desktop with OpenGL on $DISPLAY: $(<"$folder/desktop")"; exit 1; }
# The tests are this working tree's; the product is what the wheel has put beside the standard library.
rm -rf "$folder/tests-root" && mkdir "$folder/tests-root"
cp -a tests pyproject.toml docs examples benchmarks README.md "$folder/tests-root/"
cd "$folder/tests-root"
windows_python -m pytest -p no:cacheprovider --timeout-method thread -q "$@"
