"""What the tests of the GPU route share: the NVENC stand-in, its call log, and frames to feed it without a GPU."""
