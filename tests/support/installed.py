"""Whether a package can be imported here: a folder of tests that happens to have its name is none."""

from importlib.util import find_spec


def is_installed(name: str) -> bool:
    """Look for a package without importing it."""
    spec = find_spec(name)
    return spec is not None and spec.origin is not None
