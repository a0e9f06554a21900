"""What a video file says of itself, without decoding it."""
