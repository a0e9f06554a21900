"""Meshes and textures of the armillary sphere, as plain NumPy arrays.

Every mesh is lathe work: a profile of (radius, height) points turned about the y axis. Textures are (height, width, 4) uint8 with row 0 at the
bottom, as OpenGL has it; their alpha tells how much a texel shines.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Texels = NDArray[np.uint8]
TURN = 2 * np.pi


@dataclass(frozen=True, slots=True)
class Mesh:
    """`position` and `normal` are (vertices, 3), `uv` is (vertices, 2), `triangles` is (triangles, 3) vertex numbers."""

    position: Floats
    normal: Floats
    uv: Floats
    triangles: NDArray[np.int64]

    def unmarked(self) -> "Mesh":
        """Show one plain texel everywhere."""
        return replace(self, uv=np.full_like(self.uv, 0.25))


def lathe(profile: ArrayLike, steps: int = 64) -> Mesh:
    """Turn the profile about the y axis. Outside is to its right."""
    line = np.asarray(profile, dtype=float)
    slope = np.gradient(line, axis=0)
    slope /= np.linalg.norm(slope, axis=1, keepdims=True)
    angle, along = np.meshgrid(np.linspace(0, TURN, steps + 1), np.linspace(0, 1, len(line)), indexing="ij")
    cos, sin = np.cos(angle), np.sin(angle)
    position = np.stack([cos * line[:, 0], 0 * cos + line[:, 1], sin * line[:, 0]], -1)
    normal = np.stack([cos * slope[:, 1], 0 * cos - slope[:, 0], sin * slope[:, 1]], -1)
    corner = (np.arange(steps)[:, None] * len(line) + np.arange(len(line) - 1)).ravel()[:, None]
    triangles = (corner + np.array([0, 1, len(line), len(line), 1, len(line) + 1])).reshape(-1, 3)
    uv = np.stack([angle / TURN, along], -1)
    return Mesh(position.reshape(-1, 3), normal.reshape(-1, 3), uv.reshape(-1, 2), triangles)


def sphere(radius: float, steps: int = 64) -> Mesh:
    latitude = np.linspace(-np.pi / 2, np.pi / 2, steps // 2 + 1)
    return lathe(radius * np.stack([np.cos(latitude), np.sin(latitude)], -1), steps)


def disc(radius: float) -> Mesh:
    return lathe([(radius, 0), (radius / 3, 0), (0.001, 0)])


def ring(radius: float, width: float) -> Mesh:
    angle = np.linspace(0, TURN, 11)
    return lathe(np.stack([radius + 0.025 * np.cos(angle), width * np.sin(angle)], -1), 96)


def foot(height: float) -> Mesh:
    """A stepped base, two beads and a slender stem."""
    up = np.linspace(0, 1, 40)
    radius = 0.055 + 0.36 * np.exp(-((up / 0.10) ** 4)) + 0.20 * np.exp(-((up / 0.22) ** 4))
    radius += 0.07 * np.exp(-(((up - 0.50) / 0.06) ** 2)) + 0.05 * np.exp(-(((up - 0.86) / 0.05) ** 2))
    return lathe(np.stack([radius, up * height], -1), 48).unmarked()


def noise(points: Floats, wave_number: float, seed: int) -> Floats:
    """Smooth noise of unit variance at (..., 3) points: sixty plane waves, the longest the strongest."""
    rng = np.random.default_rng(seed)
    growth = 1.06 ** np.arange(60)
    waves = rng.normal(size=(60, 3))
    waves *= wave_number * growth[:, None] / np.linalg.norm(waves, axis=1, keepdims=True)
    weights = growth**-1.2
    total = np.zeros(points.shape[:-1])
    for wave, weight, phase in zip(waves, weights, rng.uniform(0, TURN, 60), strict=True):
        total += weight * np.sin(points @ wave + phase)
    return total / np.sqrt((weights**2).sum() / 2)


def blend(first: ArrayLike, second: ArrayLike, share: Floats) -> Floats:
    amount = np.clip(share, 0, 1)[..., None]
    return np.asarray(first) * (1 - amount) + np.asarray(second) * amount


def texels(rgb: Floats, shine: Floats | float) -> Texels:
    rgba = np.dstack([rgb, np.broadcast_to(shine, rgb.shape[:2])])
    return (np.clip(rgba, 0, 1) * 255).astype(np.uint8)


def globe_texture() -> Texels:
    """Land, ice and glossy sea under a gilded grid of 30 degrees."""
    latitude, longitude = np.meshgrid(
        np.linspace(-np.pi / 2, np.pi / 2, 512), np.linspace(0, TURN, 1024), indexing="ij"
    )
    cos = np.cos(latitude)
    ground = np.stack([cos * np.cos(longitude), np.sin(latitude), cos * np.sin(longitude)], -1)
    height = noise(ground, 2.0, seed=4)
    land = np.clip((height - 0.15) * 12, 0, 1)
    sea = blend((0.008, 0.04, 0.12), (0.02, 0.22, 0.32), height * 0.7 + 0.8)
    soil = blend((0.10, 0.16, 0.05), (0.42, 0.22, 0.10), height * 0.7 - 0.3)
    ice = (np.abs(np.sin(latitude)) + 0.03 * height - 0.95) * 40
    grid = np.minimum(np.abs(np.sin(latitude * 6)), np.abs(np.sin(longitude * 6)) * cos)
    rgb = blend(blend(sea, soil, land), (0.85, 0.90, 0.95), ice)
    return texels(blend(rgb, (0.95, 0.72, 0.35), 0.6 - grid * 12), 1 - 0.9 * land)


def brass_texture() -> Texels:
    """Brushed along the ring, with a mark engraved at each degree and a longer one at every fifth."""
    across, around = np.meshgrid(np.linspace(0, TURN, 64), np.linspace(0, np.pi, 4096), indexing="ij")
    brushed = np.random.default_rng(3).normal(1.0, 0.035, (64, 1)) + 0 * around
    edge = np.abs(np.sin(across))
    marks = (np.abs(np.sin(around * 360)) < 0.5) & (edge < 0.35)
    marks |= (np.abs(np.sin(around * 72)) < 0.16) & (edge < 0.7)
    return texels(blend(brushed[..., None] * (0.93, 0.62, 0.24), (0.16, 0.07, 0.02), marks * 0.85), 1.0)


def floor_texture() -> Texels:
    """Two by two tiles of veined marble, dark and light."""
    y, x = np.meshgrid(np.linspace(0, 2, 512), np.linspace(0, 2, 512), indexing="ij")
    ground = np.stack([x, y, np.floor(x) * 3 + np.floor(y) * 7], -1)
    bent = ground + 0.12 * noise(ground, 1.5, seed=5)[..., None]
    veins = 0.04 / (0.05 + np.abs(noise(bent, 2.2, seed=8)))
    light = (np.floor(x) + np.floor(y)) % 2
    stone = blend((0.012, 0.018, 0.03), (0.34, 0.29, 0.25), light)
    stone = blend(stone, blend((0.42, 0.36, 0.28), (0.24, 0.20, 0.19), light), veins)
    joint = np.minimum(np.abs(np.sin(x * np.pi)), np.abs(np.sin(y * np.pi)))
    return texels(blend(stone, (0.02, 0.02, 0.02), 1 - joint * 60), 0.7)
