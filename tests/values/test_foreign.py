"""Errors of other libraries become ours in one place, with their text and their number, and stay attached."""

import ast
import errno
import sys
from pathlib import Path

import av
import pytest

import glrec_core
from glrec_core.errors import (
    CaptureError,
    ConfigError,
    ConvertError,
    EncodeError,
    GlrecError,
    SinkError,
    SpillError,
    VideoError,
)
from glrec_core.values import foreign
from glrec_core.values.foreign import (
    CUDA,
    DLPACK,
    FFMPEG,
    PILLOW,
    PYAV,
    STORING,
    SYSTEM,
    Library,
    named,
    reason,
    translated,
)

NO_SPACE = OSError(errno.ENOSPC, "No space left on device", "/tmp/a")
INVALID = av.error.InvalidDataError(0x41444E49, "Invalid data found", "a.mp4")
LIBRARIES = [value for value in vars(foreign).values() if isinstance(value, tuple) and value]


@pytest.mark.parametrize("to", [ConfigError, EncodeError, VideoError, ConvertError])
@pytest.mark.parametrize(
    ("kind", "error"),
    [
        (SYSTEM, NO_SPACE),
        (STORING, NO_SPACE),
        (STORING, INVALID),
        (FFMPEG, INVALID),
        (PYAV, INVALID),
        (PYAV, ValueError("no such format")),
        (DLPACK, BufferError("it needs its gradient")),
        (PILLOW, MemoryError("too large")),
    ],
)
def test_the_text_is_kept_and_the_error_attached(
    to: type[GlrecError], kind: Library, error: Exception
) -> None:
    with pytest.raises(to, match=r"^cannot: ") as told, translated(to, "cannot", kind):
        raise error
    assert str(told.value) == f"cannot: {error}"
    assert told.value.__cause__ is error
    with pytest.raises(to) as told, translated(to, "", kind, words=reason):
        raise error
    assert str(told.value) == (getattr(error, "strerror", None) or str(error))
    with pytest.raises(to) as told, translated(to, "cannot", kind, words=named):
        raise error
    assert str(told.value) == f"cannot: {type(error).__name__}: {error}"


@pytest.mark.parametrize("to", [SinkError, SpillError])
@pytest.mark.parametrize(
    ("error", "number", "text"),
    [
        (NO_SPACE, errno.ENOSPC, "cannot write: No space left on device"),
        (INVALID, INVALID.errno, "cannot write: Invalid data found"),
        (OSError("only words"), errno.EIO, "cannot write: only words"),
    ],
)
def test_errors_of_files_keep_number_and_path(
    to: type[SinkError] | type[SpillError], error: OSError, number: int, text: str, tmp_path: Path
) -> None:
    with pytest.raises(to) as told, translated(to, "cannot write", STORING, path=tmp_path / "a"):
        raise error
    found = told.value
    assert isinstance(found, OSError)
    assert (found.errno, found.strerror, found.filename) == (number, text, str(tmp_path / "a"))
    assert found.__cause__ is error


@pytest.mark.parametrize("error", [SinkError("full"), ConfigError("no"), KeyError("a"), KeyboardInterrupt()])
@pytest.mark.parametrize("kind", LIBRARIES)
def test_our_own_errors_and_those_of_others_pass(error: BaseException, kind: Library) -> None:
    with pytest.raises(type(error)) as found, translated(EncodeError, "cannot", kind, OSError):
        raise error
    assert found.value is error


def test_an_error_of_ours_is_translated_where_it_is_named() -> None:
    gpu = translated(ConvertError, "the GPU cannot", CUDA, CaptureError)
    with pytest.raises(ConvertError, match=r"^the GPU cannot: no memory$"), gpu:
        raise CaptureError("no memory")
    with pytest.raises(VideoError), translated(ConvertError, "the GPU cannot", CUDA, CaptureError, Exception):
        raise VideoError("damaged")


def test_what_is_to_pass_passes() -> None:
    with pytest.raises(TimeoutError), translated(SinkError, "", SYSTEM, passing=(TimeoutError,)):
        raise TimeoutError


def test_a_library_that_is_not_loaded_raises_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cupy", None)
    with pytest.raises(RuntimeError), translated(ConvertError, "", CUDA):
        raise RuntimeError("of somebody else")


def test_every_name_of_the_table_is_a_type_of_its_library() -> None:
    """Of those that are installed; GPUs' are, where tests run on one."""
    for library in LIBRARIES:
        for name in library:
            if name.partition(":")[0] in sys.modules:
                assert isinstance(foreign._type(name), type), name


WORDS_OF_THEIR_OWN = {
    "encode/encoder_process.py": "what FFmpeg's executable said is the text",
    "sink/finishing.py": "another program has changed the file",
    "cuda/memory.py": "the advice follows the text",
}


def test_no_module_translates_a_librarys_errors_by_itself() -> None:
    root = Path(glrec_core.__file__).parent
    found = {
        path.relative_to(root).as_posix()
        for path in root.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ExceptHandler) and _is_of_a_library(node) and _raises_another(node)
    }
    assert found == WORDS_OF_THEIR_OWN.keys()


def _is_of_a_library(handler: ast.ExceptHandler) -> bool:
    libraries = {name.partition(":")[0] for library in LIBRARIES for name in library} - {"builtins"}
    names = ast.walk(handler.type) if handler.type is not None else ()
    return any(isinstance(node, ast.Name) and node.id in libraries for node in names)


def _raises_another(handler: ast.ExceptHandler) -> bool:
    return any(isinstance(node, ast.Raise) and node.cause is not None for node in ast.walk(handler))
