"""Arrays instead of OpenGL: NumPy's here; CuPy's and PyTorch's are taken where they lie."""

import numpy as np

import glrec

across, down = np.meshgrid(np.linspace(-3, 3, 480), np.linspace(-1.7, 1.7, 270))


def plasma():
    for time in np.linspace(0, 2 * np.pi, 120, endpoint=False):
        level = np.sin(across * 2 + time) + np.sin(np.hypot(across + np.cos(time), down) * 4 - 2 * time)
        yield (0.5 + 0.5 * np.cos(level[..., None] + [0, 2, 4])).astype(np.float32)


glrec.write_video("arrays_plasma.mp4", plasma(), 30)
