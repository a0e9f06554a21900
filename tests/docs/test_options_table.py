"""The table of options in the reference is that of the code, and every option has an owner.

Run as a program (`python -m tests.docs.test_options_table`) it writes the table anew.
"""

from dataclasses import fields

from glrec_core.config import Config, not_stored, options_of
from glrec_core.encoder import ENCODER_OPTIONS
from glrec_core.spill.header import KEPT
from glrec_core.values.owners import OWNERS, owner_of
from tests.docs.pages import ROOT

PAGE = ROOT / "docs" / "reference" / "recording.md"
HEAD = "| option | honoured by | kept for `recover` |\n|---|---|---|\n"
NAMES = [each.name for each in fields(Config)]


def table() -> str:
    """Return the table as the page is to have it."""
    lines = []
    for each in fields(Config):
        reason = not_stored().get(each.name)
        kept = "yes" if reason is None else f"no: {reason}"
        lines.append(f"| `{each.name}` | {owner_of(each.metadata).name} | {kept} |\n")
    return HEAD + "".join(lines)


def test_every_option_has_one_owner() -> None:
    owned = [name for owner in OWNERS for name in options_of(owner)]
    assert sorted(owned) == sorted(NAMES)
    assert len({owner.name for owner in OWNERS}) == len(OWNERS)
    assert all(options_of(owner) for owner in OWNERS)


def test_what_plugins_are_asked_and_spills_keep_are_options() -> None:
    assert set(ENCODER_OPTIONS) <= {*KEPT} < set(NAMES)
    assert {*KEPT, "fps"} == set(NAMES) - not_stored().keys()


def test_the_page_has_the_table() -> None:
    assert table() in PAGE.read_text(encoding="utf-8")


if __name__ == "__main__":
    page = PAGE.read_text(encoding="utf-8")
    before, _, rest = page.partition(HEAD)
    after = rest.partition("\n\n")[2]
    PAGE.write_text(f"{before}{table()}\n{after}", encoding="utf-8")
