"""Reading video back: frames of a file as NumPy or CuPy arrays, by their times."""

from glrec_core.errors import VideoError
from glrec_core.read.coding import ColorGuess
from glrec_core.read.player import Player

__all__ = ["ColorGuess", "Player", "VideoError"]
