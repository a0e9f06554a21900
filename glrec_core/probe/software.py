"""Which packages and encoders are installed. Only PyAV is imported for it."""

from __future__ import annotations

import subprocess
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass
from importlib.metadata import EntryPoint, PackageNotFoundError, entry_points, version
from io import StringIO

from glrec_core.encode.codecs import CODECS
from glrec_core.encode.stills import STILLS
from glrec_core.ffmpeg.executable import bundled_ffmpeg
from glrec_core.hooks.project import PROJECT

_PACKAGES = (
    "numpy",
    "av",
    "pluggy",
    "platformdirs",
    "lz4",
    "zfec",
    "imageio",
    "imageio-ffmpeg",
    "rich",
    "PyNvVideoCodec",
    "cuda-bindings",
    "cupy-cuda12x",
    "cupy-cuda13x",
)
_TIMEOUT_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Adapter:
    """An entry point of the group `glrec`: its name, the package that brings it, and why it cannot be loaded, if so."""

    name: str
    package: str
    problem: str | None


@dataclass(frozen=True, slots=True)
class Ffmpeg:
    """The builds of FFmpeg: inside PyAV with its libraries and encoders, and imageio-ffmpeg's program, if installed."""

    pyav: str
    libraries: dict[str, str]
    encoders: dict[str, bool]
    program: str | None
    program_version: str | None


def probe_ffmpeg() -> Ffmpeg:
    """Ask both builds."""
    import av
    from av.codec import codecs_available

    program = bundled_ffmpeg()
    return Ffmpeg(
        pyav=str(av.ffmpeg_version_info),
        libraries={
            name: ".".join(map(str, numbers)) for name, numbers in sorted(av.library_versions.items())
        },
        encoders={
            codec.encoder: codec.encoder in codecs_available
            for codec in CODECS.values()
            if codec.name not in STILLS
        },
        program=program,
        program_version=_program_version(program) if program else None,
    )


def probe_packages() -> dict[str, str]:
    """Return the versions of the installed packages that glrec uses."""
    return _versions(_PACKAGES)


def probe_frameworks() -> dict[str, str]:
    """Return the versions of the installed frameworks that adapters know; none is imported."""
    found: dict[str, str] = {}
    for point in _plugins():
        with suppress(Exception):  # somebody else's; `probe_adapters` tells of it
            found |= _frameworks(point)
    return found


def probe_adapters() -> tuple[Adapter, ...]:
    """Load each adapter on its own."""
    return tuple(
        Adapter(point.name, point.dist.name if point.dist else "", _problem(point)) for point in _plugins()
    )


def _plugins() -> list[EntryPoint]:
    return sorted(entry_points(group=PROJECT), key=lambda point: point.name)


def _frameworks(point: EntryPoint) -> dict[str, str]:
    """Load a plugin, and return the versions of the frameworks that it names."""
    with _unheard():
        return _versions(tuple(getattr(point.load(), "glrec_frameworks", tuple)()))


@contextmanager
def _unheard() -> Iterator[None]:
    """Hold back what a plugin prints and warns of when it is loaded: it may name files."""
    with warnings.catch_warnings(), redirect_stdout(StringIO()), redirect_stderr(StringIO()):
        warnings.simplefilter("ignore")
        yield


def _problem(point: EntryPoint) -> str | None:
    try:
        _frameworks(point)
    except Exception as error:  # noqa: BLE001 - somebody else's package may raise anything, and that is the answer
        text = error.msg if isinstance(error, SyntaxError) else error  # else it names the file
        return f"{type(error).__name__}: {text}"
    return None


def _versions(names: tuple[str, ...]) -> dict[str, str]:
    return {name: found for name in names if (found := installed_version(name)) is not None}


def installed_version(name: str) -> str | None:
    """Return a distribution's version; None if it is not installed."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _program_version(program: str) -> str:
    try:
        run = subprocess.run(  # noqa: S603 - imageio-ffmpeg's own
            [program, "-version"], capture_output=True, text=True, timeout=_TIMEOUT_SECONDS, check=True
        )
    except subprocess.CalledProcessError as error:
        return f"does not run: it ended with exit code {error.returncode}"
    except (OSError, subprocess.SubprocessError) as error:
        return f"does not run: {error}"
    return run.stdout.partition("Copyright")[0].removeprefix("ffmpeg version").strip()
