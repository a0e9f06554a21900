"""Every error type of glrec, in one place, so that any module may raise them without importing another.

The text of each error says what was asked, what was found and what to do about it. An error of another library
(FFmpeg, OpenGL, CUDA, the operating system) is translated once, where it enters, and stays attached as `__cause__`.
"""

from __future__ import annotations


class GlrecError(Exception):
    """Base of all errors that glrec raises on purpose."""


class ConfigError(GlrecError, ValueError):
    """An option, a path or a combination of them cannot be honoured; raised before any file is touched."""


class AdapterNotFound(GlrecError, LookupError):
    """No installed adapter knows the object that was to be recorded."""


class PluginError(GlrecError):
    """A package that plugs into glrec cannot be loaded, or has a hook that glrec does not know."""


class BackendUnavailable(GlrecError):
    """No backend, or not the one asked for, can run on this machine; carries each backend's reason."""


class ClosedError(GlrecError):
    """A recorder was used after `close()`."""


class NotFinishedError(GlrecError, TimeoutError):
    """`Recorder.wait()` gave up: nothing has ended the recording, or it was not finished in time."""


class WrongThreadError(GlrecError):
    """A call that touches OpenGL did not come from the thread that owns the context."""


class CaptureError(GlrecError):
    """A drawn frame could not be read from the framebuffer."""


class ArrayError(GlrecError, ValueError):
    """An array is not a picture that can be encoded: its shape, data type or memory does not fit."""


class ProcessError(GlrecError):
    """An operation on frames (`process=`) failed, or returned what cannot be encoded."""


class ConvertError(GlrecError):
    """A frame could not be converted to the encoder's pixel format."""


class EncodeError(GlrecError):
    """The encoder could not be opened or refused a frame."""


class SinkError(GlrecError, OSError):
    """A sink (file, replay buffer, network) could not take a packet or could not be finished.

    `frames_kept` is the number of frames that are safe in the sink all the same, if it is known.
    """

    frames_kept: int | None = None

    def with_account(self, frames_lost: int) -> SinkError:
        """Return the error with the number of frames kept and lost in its text; this one is its cause."""
        account = f"{self.frames_kept} frames are kept, {frames_lost} are lost"
        told = SinkError(self.errno, f"{self.strerror}; {account}", self.filename)
        told.frames_kept, told.__cause__ = self.frames_kept, self
        return told


class SpillError(GlrecError, OSError):
    """Frames could not be written to, or read back from, the spill directory."""


class MalformedPacket(GlrecError, ValueError):
    """A datagram is not glrec's, was damaged on its way, or contradicts itself."""


class VideoError(GlrecError):
    """A file is not a video, or is too damaged to be read."""


class ProcessFailed(GlrecError):
    """One of glrec's own processes crashed, or was ended because it took too long."""


class ProgramNotFound(ConfigError):
    """There is no such script or module, or it is not Python."""


class ProgramFailed(GlrecError):
    """The program that was to be recorded failed, or drew nothing."""


def as_failure(error: BaseException, where: str) -> Exception:
    """Return an exception that may end a thread of the recorder's as an error that can be kept and raised elsewhere.

    `SystemExit` and `KeyboardInterrupt` mean the thread that they are raised in, which here is not the program's.
    """
    if isinstance(error, Exception):
        return error
    failure = EncodeError(
        f"{error!r} was raised in {where} and ended the recording; end a program from its own thread instead"
    )
    failure.__cause__ = error
    return failure
