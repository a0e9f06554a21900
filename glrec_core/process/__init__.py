"""Working on frames: operations for a video that is read, for your own frames, and for a recording while it runs.

    read("in.mp4").scale(1280, 720).overlay("logo.png", at=(20, 20))                # a chain over a file
    attach(window, "x.mp4", process=[overlay("logo.png"), timestamp()])             # the same, live

`operation.py` says what a frame and an operation are, `layers.py` how pictures are composited. SciPy, Pillow, CuPy and
libass are loaded when an operation that needs them is made.
"""

from __future__ import annotations

from glrec_core.config import FrameOperation
from glrec_core.process.blur import gaussian_blur, vignette
from glrec_core.process.chain import Chain, frames_at, read
from glrec_core.process.easing import ease_in, ease_in_out, ease_out, eased, hold, linear
from glrec_core.process.geometry import crop, pad, rotate, translate
from glrec_core.process.operation import Operation
from glrec_core.process.overlaying import backdrop, blend, fade, overlay
from glrec_core.process.scaling import scale
from glrec_core.process.shaping import chroma_key, round_corners, shadow
from glrec_core.process.subtitles import captions
from glrec_core.process.writing import text, timestamp

__all__ = [
    "Chain",
    "FrameOperation",
    "Operation",
    "backdrop",
    "blend",
    "captions",
    "chroma_key",
    "crop",
    "ease_in",
    "ease_in_out",
    "ease_out",
    "eased",
    "fade",
    "frames_at",
    "gaussian_blur",
    "hold",
    "linear",
    "overlay",
    "pad",
    "read",
    "rotate",
    "round_corners",
    "scale",
    "shadow",
    "text",
    "timestamp",
    "translate",
    "vignette",
]
