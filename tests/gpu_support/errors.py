"""Why a test of the GPU route cannot run here."""


class StandinUnavailable(RuntimeError):
    """The NVENC stand-in cannot be built; the message says what is missing."""
