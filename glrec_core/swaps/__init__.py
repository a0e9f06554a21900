"""Any OpenGL program: whatever its toolkit, it shows each frame by a swap of buffers, and that is heard here.

`hub` tells the swaps apart by what they show, `attachment` is the adapter for one of those drawables. Nothing here is loaded
before it is asked for.
"""
