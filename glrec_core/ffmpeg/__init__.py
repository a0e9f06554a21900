"""How things read in FFmpeg's terms, and FFmpeg's own executable."""
