"""Each hook has a page of documentation and is used by name in a test: a new one without either fails here."""

import inspect
from pathlib import Path

import pytest

from glrec_core.adapter import AdapterSpec
from glrec_core.encoder import EncoderSpec
from glrec_core.plugins import plugin_manager

ROOT = Path(__file__).resolve().parents[2]
PAGES = ROOT / "docs" / "plugins"
SPECS = {
    name: f"{spec.__module__}.{spec.__qualname__}.{name}"
    for spec in (AdapterSpec, EncoderSpec)
    for name in vars(spec)
    if name.startswith("glrec_")
}


def test_these_are_all_hooks() -> None:
    known = {name for name in vars(plugin_manager().hook) if not name.startswith("_")}
    assert known == SPECS.keys() != set()


@pytest.mark.parametrize("name", SPECS)
def test_a_hook_has_a_page(name: str) -> None:
    page = (PAGES / f"{name}.md").read_text(encoding="utf-8")
    assert page.startswith(f"# {name}\n\n::: {SPECS[name]}\n")
    assert f"@hookimpl\ndef {name}(" in page
    assert f"({name}.md)" in (PAGES / "index.md").read_text(encoding="utf-8")


def test_there_is_no_page_without_a_hook() -> None:
    assert {page.stem for page in PAGES.glob("*.md")} == {*SPECS, "index", "testing"}


@pytest.mark.parametrize("name", SPECS)
def test_a_hook_is_used_in_tests(name: str) -> None:
    texts = [path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("*.py")]
    assert any(f"{name}(" in text for text in texts)


@pytest.mark.parametrize("name", SPECS)
def test_a_hook_is_implemented_by_the_example(name: str) -> None:
    package = ROOT / "examples" / "plugin" / "glrec_easel"
    assert any(f"def {name}(" in path.read_text(encoding="utf-8") for path in package.glob("*.py"))


@pytest.mark.parametrize("name", SPECS)
def test_a_hook_is_described_where_it_is_specified(name: str) -> None:
    spec = AdapterSpec if hasattr(AdapterSpec, name) else EncoderSpec
    assert inspect.getdoc(getattr(spec, name))
