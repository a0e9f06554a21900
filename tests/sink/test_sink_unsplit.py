"""What of a growing MP4 is on the disk after a power cut can be opened, whichever pages of it were written."""

from pathlib import Path

import av
import pytest

from glrec_core.config import Config
from glrec_core.sink.file import FileSink
from glrec_core.sink.unsplit import PAGE_BYTES
from glrec_core.testing.streams import encoded, regular
from tests.support.mp4 import boxes
from tests.support.video import read_barcodes

FPS = 30
FRAMES = 400


def growing(path: Path) -> tuple[FileSink, bytes]:
    """Return a sink that has got all frames but is not closed, and what its file holds then."""
    stream, packets = encoded(Config(timing="step", fps=FPS), regular(FRAMES, FPS))
    sink = FileSink(path)
    sink.open(stream)
    for packet in packets:
        sink.write(packet)
    return sink, path.read_bytes()


@pytest.mark.parametrize("suffix", [".mp4", ".m4v", ".mov"])
def test_no_fragments_head_lies_on_two_pages(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    sink, data = growing(path)
    sink.close()
    found = list(boxes(data))
    heads = [(box.start, box.start + box.size - 1) for box in found if box.kind == "moof"]
    assert len(heads) > 30
    assert "free" in {box.kind for box in found}, "no head would have been split, so nothing was tried"
    assert all(first // PAGE_BYTES == last // PAGE_BYTES for first, last in heads)
    assert read_barcodes(path) == list(range(FRAMES))


def test_any_page_may_be_the_last_or_missing(tmp_path: Path) -> None:
    path, left = tmp_path / "a.mp4", tmp_path / "left.mp4"
    sink, data = growing(path)
    sink.close()
    fragments = [box.start + box.size for box in boxes(data) if box.kind == "mdat"]
    begins = range((fragments[0] // PAGE_BYTES + 1) * PAGE_BYTES, len(data), PAGE_BYTES)
    assert len(begins) > 3
    for begin in begins:
        before, hole, behind = data[:begin], bytes(PAGE_BYTES), data[begin + PAGE_BYTES :]
        whole = sum(end <= begin for end in fragments)
        for what in (before, before + hole, before + hole + behind):
            left.write_bytes(what)
            with av.open(left) as film:
                played = sum(packet.size > 0 for packet in film.demux(video=0))
            assert played >= whole, f"page at byte {begin}"
