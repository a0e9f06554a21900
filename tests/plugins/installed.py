"""Packages that plug into glrec, installed into folders of their own, as a user's `pip install` would."""

import os
import subprocess
import sys
from collections.abc import Mapping
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "plugin"


def install_example(folder: Path) -> Path:
    """Install `examples/plugin` into `folder` with pip, without a network, and return the folder."""
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    offline = ["--no-index", "--no-deps", "--no-build-isolation", "--no-cache-dir"]
    done = subprocess.run(
        [*pip, *offline, "--target", str(folder), str(EXAMPLE)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def example_module(name: str) -> ModuleType:
    """Return a module of the example's package that needs nothing else of it, without an installation."""
    spec = spec_from_file_location(f"example_{name}", EXAMPLE / "glrec_easel" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def install_module(folder: Path, name: str, source: str | None) -> Path:
    """Lay out a package with one module, or with none where the module is missing, and its entry point."""
    info = folder / f"{name}_package-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}-package\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[glrec]\n{name} = {name}\n")
    if source is not None:
        (folder / f"{name}.py").write_text(source)
    return folder


def environment(folder: Path) -> Mapping[str, str]:
    """Return what a process needs so that it finds what was installed in `folder`, and draws without a screen."""
    search = os.pathsep.join([str(ROOT), str(folder), *filter(None, [os.environ.get("PYTHONPATH")])])
    return {"PYTHONPATH": search, "DISPLAY": "", "EGL_PLATFORM": "surfaceless"}
