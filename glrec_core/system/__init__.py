"""Living in somebody else's process, on any system: interrupts, forks, waiting, and the disk."""
