"""Asks pyright whether the types of all public names are known to those who install the package, and lists the others.

    python scripts/check_public_types.py glrec_core

pyright reads the package as its users do: what is not annotated is not known, however well it could be inferred.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any


def main(package: str) -> int:
    """Print what is missing, and return the exit code."""
    unknown = [symbol for symbol in symbols(package) if not symbol["isTypeKnown"]]
    for symbol in unknown:
        reasons = "; ".join(found["message"].replace("\n", ", ") for found in symbol["diagnostics"])
        if reasons:
            print(f"{symbol['name']}: {reasons}")
    print(
        f"{package}: {len(unknown)} public names without a known type"
        if unknown
        else f"{package}: all public types known"
    )
    return 1 if unknown else 0


def symbols(package: str) -> list[dict[str, Any]]:
    """Return pyright's report on each public name of an installed package."""
    tools = str(Path(sys.executable).parent)  # pyright takes the environment of the first Python on the path
    done = subprocess.run(  # noqa: S603 - a tool of the same environment
        [f"{tools}/basedpyright", "--verifytypes", package, "--ignoreexternal", "--outputjson"],
        env={**os.environ, "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        report = json.loads(done.stdout)["typeCompleteness"]
    except (ValueError, KeyError):
        sys.exit(f"basedpyright failed with exit status {done.returncode}:\n{done.stdout}{done.stderr}")
    if not report.get("pyTypedPath"):
        sys.exit(f"basedpyright finds no py.typed in {package}; is it installed?")
    return [symbol for symbol in report["symbols"] if symbol["isExported"]]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
