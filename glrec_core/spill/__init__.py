"""Frames on disk: what does not fit in memory waits here until the encoder has time for it, and survives a crash."""
