"""`RecordVideo` of single and vector environments: Gymnasium's own behaviour, less memory, and files that survive."""

import gc
import sys
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from glrec_core import ConfigError, GlrecError
from glrec_core.sink.growing_file import GrowingFile
from glrec_core.testing import barcode
from tests.support.displays import run_program
from tests.support.installed import is_installed
from tests.support.video import assert_recording, decode_rgb, frame_count, probe, read_barcodes

pytest.importorskip("gymnasium", reason="gymnasium is not installed (pip install 'glrec[gymnasium]')")

from glrec_integrations.gymnasium import RecordVideo
from glrec_integrations.gymnasium import vector as glrec_vector
from glrec_integrations.gymnasium.recording import cubes_then_every_thousandth
from tests.integration.gymnasium.environments import (
    SIZE,
    Numbered,
    Theirs,
    TheirsVector,
    play,
    vector,
)

STEPS = 60


@pytest.fixture
def videos(tmp_path: Path) -> Path:
    """Give the name of a folder that is not there: Gymnasium warns of one that is."""
    return tmp_path / "videos"


def test_the_default_is_gymnasiums() -> None:
    chosen = [episode for episode in range(4000) if cubes_then_every_thousandth(episode)]
    assert chosen == [*(number**3 for number in range(10)), 1000, 2000, 3000]


def every(count: int) -> Callable[[int], bool]:
    return lambda number: number % count == 0


USES: dict[str, dict[str, Any]] = {
    "default": {},
    "episodes": {"episode_trigger": every(3)},
    "all episodes": {"episode_trigger": every(1), "name_prefix": "run-7"},
    "steps": {"step_trigger": every(25)},
    "steps of a length": {"step_trigger": every(20), "video_length": 5},
    "a length over episodes": {"video_length": 17, "episode_trigger": every(4)},
    "both triggers": {"step_trigger": every(11), "episode_trigger": every(2), "video_length": 4},
    "never": {"episode_trigger": lambda _: False},
}


@pytest.mark.parametrize("use", USES)
def test_the_files_are_those_of_gymnasium(use: str, tmp_path: Path) -> None:
    theirs = Theirs(Numbered(), str(tmp_path / "theirs"), **USES[use])
    play(theirs, STEPS)
    play(RecordVideo(Numbered(), str(tmp_path / "ours"), **USES[use]), STEPS)
    found = {path.stem: read_barcodes(path) for path in (tmp_path / "ours").iterdir()}
    assert found == {name: list(map(barcode.read, frames)) for name, frames in theirs.kept.items()}
    assert bool(found) == (use != "never")


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("layout", [{}, {"video_aspect_ratio": (4, 1)}, {"record_first_only": True}])
def test_the_files_of_vectors_are_those_of_gymnasium(
    use: str, layout: dict[str, Any], tmp_path: Path
) -> None:
    options = {**USES[use], **layout}
    theirs = TheirsVector(vector(), str(tmp_path / "theirs"), **options)
    play(theirs, STEPS)
    play(glrec_vector.RecordVideo(vector(), str(tmp_path / "ours"), **options), STEPS)
    assert {path.stem for path in (tmp_path / "ours").iterdir()} == theirs.kept.keys()
    for name, frames in theirs.kept.items():
        shown = list(decode_rgb(tmp_path / "ours" / f"{name}.mp4"))
        assert len(shown) == len(frames)
        for picture, frame in zip(shown, frames, strict=True):
            assert picture.shape == frame.shape
            assert np.abs(picture.astype(int) - frame).mean() < 6


def test_a_film_has_the_environments_rate_and_right_colours(videos: Path) -> None:
    play(RecordVideo(Numbered(), str(videos), video_length=STEPS), STEPS)
    path = videos / "rl-video-episode-0.mp4"
    assert probe(path).colour == (1, 1, 1, False)


@pytest.mark.skipif(not is_installed("moviepy"), reason="MoviePy is not installed (make test-frameworks)")
def test_pictures_are_those_that_moviepy_writes(tmp_path: Path) -> None:
    import gymnasium.wrappers

    for folder, wrapper in (("ours", RecordVideo), ("theirs", gymnasium.wrappers.RecordVideo)):
        play(wrapper(Numbered(), str(tmp_path / folder), video_length=40, episode_trigger=every(99)), STEPS)
    [ours], [theirs] = ((tmp_path / folder).iterdir() for folder in ("ours", "theirs"))
    assert ours.name == theirs.name
    shown = {barcode.read(picture): picture for picture in decode_rgb(theirs)}
    assert frame_count(ours) - frame_count(theirs) in {0, 1}  # MoviePy loses the last frame at times
    for picture in decode_rgb(ours):
        if (number := barcode.read(picture)) in shown:
            assert (
                np.abs(barcode.quadrant_colours(picture) - barcode.quadrant_colours(shown[number])).max() < 8
            )


class Counting(Numbered):
    """Counts its frames that are alive."""

    alive = most = 0

    def render(self) -> Any:
        picture = super().render()
        weakref.finalize(picture, self.gone)
        type(self).alive += 1
        type(self).most = max(self.most, self.alive)
        return picture

    @classmethod
    def gone(cls) -> None:
        cls.alive -= 1


def test_memory_holds_a_few_frames_however_long_the_video(videos: Path) -> None:
    Counting.most = 0
    env = RecordVideo(Counting(), str(videos), video_length=2000)
    play(env, 1000)
    assert Counting.most <= 3
    Counting.most = 0
    import gymnasium

    envs = gymnasium.vector.SyncVectorEnv([Counting] * 4)
    play(
        glrec_vector.RecordVideo(envs, str(videos / "vector"), step_trigger=every(5000), video_length=999),
        1000,
    )
    assert Counting.most <= 3 * 4
    assert [frame_count(path) for path in (videos / "vector").iterdir()] == [1000]


def test_a_video_is_complete_after_an_error_of_the_environments(videos: Path) -> None:
    class Failing(Numbered):
        def step(self, action: int) -> Any:
            if self.number == 5:
                raise ZeroDivisionError
            return super().step(action)

    env: Any = RecordVideo(Failing(), str(videos))
    with pytest.raises(ZeroDivisionError):
        play(env, STEPS)
    env.close()
    assert_recording(videos / "rl-video-episode-0.mp4", 6, SIZE, 20)


def test_an_environment_that_is_collected_finishes_its_video(videos: Path) -> None:
    env = RecordVideo(Numbered(), str(videos))
    env.reset()
    env.step(0)
    del env
    gc.collect()
    assert_recording(videos / "rl-video-episode-0.mp4", 2, SIZE, 20)


@pytest.mark.parametrize(
    "end", ["", "raise SystemExit(0)", "import os, signal; os.kill(os.getpid(), signal.SIGINT)"]
)
@pytest.mark.parametrize("kind", ["RecordVideo(Numbered()", "vector.RecordVideo(numbered(1)"])
def test_the_end_of_the_program_finishes_the_video(end: str, kind: str, videos: Path) -> None:
    program = f"""
from glrec_integrations.gymnasium import RecordVideo, vector
from tests.integration.gymnasium.environments import Numbered, vector as numbered
import numpy

env = {kind}, {str(videos)!r})
env.reset()
for _ in range(5):
    env.step(numpy.zeros(1, int))
try:
    {end or "pass"}
except KeyboardInterrupt:
    pass
"""
    run_program(program)
    assert_recording(videos / "rl-video-episode-0.mp4", 6, SIZE, 20)


def play_one_episode(env: Any) -> None:
    while not env.step(0)[2]:
        pass


def test_a_run_outlives_its_video(videos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that is full costs the video, not the training; the next one is recorded when there is room again."""
    write, full = GrowingFile.write, [True]

    def full_at_first(self: GrowingFile, *arguments: Any) -> Any:
        if full[0]:
            raise OSError(28, "No space left on device")
        return write(self, *arguments)

    monkeypatch.setattr(GrowingFile, "write", full_at_first)
    env: Any = RecordVideo(Numbered(), str(videos), episode_trigger=every(1), gop=1)
    env.reset()
    with pytest.warns(UserWarning, match="No space left on device") as told:
        play_one_episode(env)
    assert len(told) == 1
    full[0] = False
    env.reset()
    env.step(0)
    env.close()
    assert read_barcodes(videos / "rl-video-episode-1.mp4") == [7, 8]


def test_a_frame_of_another_size_ends_the_video_and_not_the_run(videos: Path) -> None:
    class Growing(Numbered):
        def picture(self) -> Any:
            return super().picture() if self.number < 4 else np.zeros((64, 64, 3), np.uint8)

    with pytest.warns(UserWarning, match=r"ends after 4 frames: .*\(64, 64, 3\)"):
        play(RecordVideo(Growing(), str(videos)), 7)
    assert_recording(videos / "rl-video-episode-0.mp4", 4, SIZE, 20)


@pytest.mark.parametrize(
    ("change", "size"),
    [
        (lambda picture: picture[:-1, :-1], (160, 120)),
        (lambda picture: np.dstack([picture, picture[..., :1]]), (160, 120)),
        (lambda picture: picture.astype(np.int64), (160, 120)),
        (lambda picture: picture[..., 1], (160, 120)),
        (lambda picture: picture[..., 1:2], (160, 120)),
        (lambda picture: picture[:, ::-1][:, ::-1], (160, 120)),
    ],
    ids=["odd", "alpha", "int64", "grey", "one channel", "view"],
)
def test_pictures_of_every_kind(change: Callable[[Any], Any], size: tuple[int, int], videos: Path) -> None:
    class Changed(Numbered):
        def picture(self) -> Any:
            return change(super().picture())

    play(RecordVideo(Changed(), str(videos)), 7)
    path = videos / "rl-video-episode-0.mp4"
    assert probe(path).size == size
    for number, picture in enumerate(decode_rgb(path)):
        drawn = change(barcode.expected(SIZE, number))
        drawn = drawn[..., None] if drawn.ndim == 2 else drawn[..., :3]
        assert np.abs(picture[: drawn.shape[0], : drawn.shape[1]].astype(int) - drawn).mean() < 6


def test_lists_of_frames_are_given_on_as_gymnasium_does(tmp_path: Path) -> None:
    from gymnasium.wrappers import RenderCollection

    found = []
    for wrapper in (Theirs, RecordVideo):
        env: Any = wrapper(RenderCollection(Numbered()), str(tmp_path / wrapper.__name__), video_length=9)
        env.reset()
        for _ in range(10):
            env.step(0)
        found.append(list(map(barcode.read, env.render())))
        env.close()
    assert found[0] == found[1] != []


def test_what_cannot_be_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="Render mode is None"):
        RecordVideo(Numbered(render_mode=None), str(tmp_path / "a"))
    for options in ({"quality": 99}, {"preset": "nope"}, {"codec": "ffv1"}, {"backend": "amf"}, {"fps": 0}):
        with pytest.raises(GlrecError), pytest.warns(UserWarning, match="Overwriting"):
            RecordVideo(Numbered(), str(tmp_path), **options)
    with pytest.raises(ConfigError), pytest.warns(UserWarning, match="Overwriting"):
        glrec_vector.RecordVideo(vector(), str(tmp_path), quality=-1)
    assert list(tmp_path.rglob("*.*")) == []


def test_a_finished_video_is_told_of_on_demand(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    play(RecordVideo(Numbered(), str(tmp_path / "a"), disable_logger=False, fps=10, codec="hevc"), 7)
    assert "rl-video-episode-0.mp4: 8 frames, 160x120, 0.800 s, hevc" in capsys.readouterr().out
    play(RecordVideo(Numbered(), str(tmp_path / "b")), 7)
    assert capsys.readouterr().out == ""


def test_garbage_is_collected_when_it_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    collected, asked = list[int](), list[int]()

    def first_only(episode: int) -> bool:
        asked.append(episode)
        return episode == 1

    monkeypatch.setattr(gc, "collect", lambda: collected.append(1))
    trigger = every(1)
    play(
        RecordVideo(
            Numbered(),
            str(tmp_path / "a"),
            episode_trigger=trigger,
            gc_trigger=first_only,
        ),
        21,
    )
    assert asked == [1, 2, 3, 3]
    assert len(collected) == 1


def test_nothing_stands_for_moviepy_afterwards(tmp_path: Path) -> None:
    program = f"""
import sys
import glrec_integrations.gymnasium
assert "gymnasium" not in sys.modules
from tests.integration.gymnasium.environments import Numbered, play
play(glrec_integrations.gymnasium.RecordVideo(Numbered(), {str(tmp_path / "a")!r}), 9)
assert not [name for name in sys.modules if name.startswith("moviepy")]
"""
    run_program(program, fresh=True)
    assert "moviepy" not in sys.modules or is_installed("moviepy")
