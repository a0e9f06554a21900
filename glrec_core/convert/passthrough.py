"""The converter for frames that are captured as the encoder takes them."""

from __future__ import annotations

from glrec_core.values.frame import Frame


class PassThrough:
    """Converts nothing. Implements `Converter`."""

    def convert(self, frame: Frame) -> Frame:
        """Return the frame itself."""
        return frame

    def close(self) -> None:
        """Do nothing: there is nothing to release."""
