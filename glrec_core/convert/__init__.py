"""Converters: from the pixel format that was captured to the one that the encoder takes."""
