"""Frames that a program has as arrays, encoded: `ArrayEncoder` gives the stream, `write_video` a file,
`VideoWriter` one that is written picture by picture.

The recorder needs none of this. PyAV, CuPy and CUDA are loaded when an encoder is made, CUDA only for one that uses it.
"""

from glrec_core.arrays.encoder import ArrayEncoder
from glrec_core.arrays.writer import Encoding, VideoOptions, VideoWriter, write_video

__all__ = ["ArrayEncoder", "Encoding", "VideoOptions", "VideoWriter", "write_video"]
