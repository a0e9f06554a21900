"""Captures: from a drawn framebuffer to a ring of frames in host or CUDA memory."""
