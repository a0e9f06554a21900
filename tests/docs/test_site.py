"""The built site, as a reader has it: no link leads nowhere, no script fails, every film plays, the search finds."""

import json
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from tests.docs.pages import ROOT
from tests.support import devtools
from tests.support.browser import find_browser

FILMS = ROOT / "docs" / "gallery"
PLAY = """
Promise.all(Array.from(document.querySelectorAll("video"), async video => {
  const moved = new Promise((resolve, reject) => {
    video.addEventListener("timeupdate", () => { if (video.currentTime > 0) resolve(video.currentSrc); });
    video.addEventListener("error", () => reject(new Error(video.src + " " + video.error?.message)));
  });
  video.loop = true;
  await video.play();
  return await moved;
}))
"""
SEARCH = """
new Promise(resolve => {
  const input = document.querySelector(".md-search__input");
  input.focus();
  input.value = "headless";
  input.dispatchEvent(new Event("input", {bubbles: true}));
  input.dispatchEvent(new Event("keyup", {bubbles: true}));
  const look = () => {
    const found = document.querySelectorAll(".md-search-result__item a");
    found.length ? resolve(Array.from(found, each => each.href)) : setTimeout(look, 50);
  };
  look();
})
"""

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


class Links(HTMLParser):
    """What a page names: links and sources, and the places in it that can be linked to."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.named: list[str] = []
        self.places: set[str] = set()
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the attributes that lead somewhere."""
        given = dict(attrs)
        self.named += [value for name in ("href", "src", "poster") if (value := given.get(name)) is not None]
        self.places |= {value for name in ("id", "name") if (value := given.get(name)) is not None}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("site")
    if not any(FILMS.glob("*.mp4")):
        subprocess.run([sys.executable, "scripts/gallery.py", str(FILMS)], cwd=ROOT, check=True)
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(target)]
    subprocess.run(command, cwd=ROOT, check=True, env={"PATH": "", "NO_MKDOCS_2_WARNING": "1"})
    return target


@pytest.fixture(scope="module")
def page() -> Iterator[devtools.Page]:
    if find_browser() is None:
        pytest.skip("no Chromium or Chrome is installed")
    with devtools.open_page(timeout_seconds=120) as page:
        yield page


def test_no_link_leads_nowhere(site: Path) -> None:
    pages = {path: Links(path) for path in site.rglob("*.html") if path.name != "404.html"}
    assert len(pages) > 30
    assert [
        (path.name, link)
        for path, links in pages.items()
        for link in links.named
        if not leads(path, link, pages)
    ] == []


def leads(path: Path, link: str, pages: dict[Path, Links]) -> bool:
    parts = urlsplit(link)
    if parts.scheme or parts.netloc:
        return True
    target = path if not parts.path else (path.parent / unquote(parts.path)).resolve()
    if not parts.fragment:
        return target.exists()
    return target in pages and unquote(parts.fragment) in pages[target].places | {"__search", "__drawer"}


@pytest.mark.browser
def test_no_script_fails_on_any_page(site: Path, page: devtools.Page) -> None:
    failed = {}
    for path in sorted(set(site.rglob("*.html")) - {site / "404.html"}):  # that one needs a server
        page.open(path.as_uri())
        if page.errors:
            failed[path.name] = page.errors
    assert failed == {}


@pytest.mark.browser
def test_every_film_plays(site: Path, page: devtools.Page) -> None:
    page.open((site / "gallery.html").as_uri())
    played = page.run(PLAY)
    assert len(played) == len(set(played)) >= 12
    pictures = "Array.from(document.querySelectorAll('article img'), each => [each.src, each.naturalWidth])"
    shown = page.run(pictures)
    assert all(width > 0 for _, width in shown), json.dumps(shown)
    assert page.errors == []


@pytest.mark.browser
def test_search_works_from_the_disk(site: Path, page: devtools.Page) -> None:
    page.open((site / "index.html").as_uri())
    assert any("headless-cluster.html" in found for found in page.run(SEARCH))
