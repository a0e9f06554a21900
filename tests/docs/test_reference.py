"""The reference leaves nothing out that a user may import."""

import re
from pathlib import Path

import pytest

import glrec_core
from glrec_core import errors
from tests.docs.pages import ROOT

REFERENCE = ROOT / "docs" / "reference"
DESCRIBED = set(
    re.findall(
        r"^::: (\S+)",
        "\n".join(page.read_text(encoding="utf-8") for page in REFERENCE.glob("*.md")),
        re.MULTILINE,
    )
)
FACES = sorted(
    path.name for path in (ROOT / "glrec_integrations").iterdir() if (path / "adapter.py").exists()
)


@pytest.mark.parametrize("name", sorted(set(glrec_core.__all__) - vars(errors).keys()))
def test_a_public_name_is_described(name: str) -> None:
    assert f"glrec_core.{name}" in DESCRIBED


def test_every_error_is_described() -> None:
    assert "glrec_core.errors" in DESCRIBED


@pytest.mark.parametrize("name", FACES)
def test_a_frameworks_face_is_described(name: str) -> None:
    assert f"glrec_integrations.{name}" in DESCRIBED


@pytest.mark.parametrize("package", ["arrays", "drawing", "process", "read", "wire"])
def test_the_public_names_of_a_package_are_described(package: str) -> None:
    text = (Path(glrec_core.__file__).parent / package / "__init__.py").read_text(encoding="utf-8")
    names = re.findall(r'^    "(\w+)",$', text, re.MULTILINE) or re.findall(
        r'"(\w+)"', text.split("__all__")[-1].partition("]")[0]
    )
    assert names
    whole = f"glrec_core.{package}" in DESCRIBED
    assert whole or {f"glrec_core.{package}.{name}" for name in names} <= DESCRIBED
