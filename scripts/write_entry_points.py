"""Writes what an installed glrec tells of itself, its entry points above all, into a folder of packages: `write_entry_points.py FOLDER`.

For an environment that finds glrec's code by PYTHONPATH. It stands before other copies of the same name.
"""

import sys
import tomllib
from pathlib import Path


def main(folder: str) -> None:
    """Write the folder `glrec-VERSION.dist-info`."""
    root = Path(__file__).resolve().parents[1]
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    home = Path(folder) / f"glrec-{project['version']}.dist-info"
    home.mkdir(exist_ok=True)
    (home / "METADATA").write_text(f"Metadata-Version: 2.1\nName: glrec\nVersion: {project['version']}\n")
    points = "".join(f"{name} = {module}\n" for name, module in project["entry-points"]["glrec"].items())
    (home / "entry_points.txt").write_text(f"[glrec]\n{points}")


if __name__ == "__main__":
    main(sys.argv[1])
