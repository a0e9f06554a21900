"""From frames to sinks, for whoever drives it."""
