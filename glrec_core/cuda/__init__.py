"""The only calls of CUDA: the device that draws a context, its stream, and textures that both can see.

Everything but `context`, `handles`, `library`, `layout` and `kernel_text` needs the packages of the `nvenc` extra and a driver, and is
imported only once the context is known to be on an NVIDIA GPU.
"""
