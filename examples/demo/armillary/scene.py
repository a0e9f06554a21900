"""The armillary sphere on the graphics card, and how a frame of it is drawn with pyglet.

Passes: depth seen from the sun, the mirror image, the sky behind it, the floor half transparent above, the things. They
go to a framebuffer of four samples a pixel, whose mean is then put in the window.
"""

import math
from pathlib import Path
from typing import Any

import pyglet
from pyglet import gl
from pyglet.math import Mat4, Vec3

from armillary import shapes
from armillary.gpu import Part, depth_target, draw_all, link, multisampled_target, texture

OBJECT, FLOOR, SKY = range(3)  # as in surface.frag
RINGS = ((1.30, 0.09), (1.14, 0.07), (0.98, 0.06))  # radius, width
BALLS = ((-1.50, 0.90, 0.22), (1.35, 1.20, 0.15), (-0.95, 1.45, 0.12))  # x, z, radius
X, Y, Z = Vec3(1, 0, 0), Vec3(0, 1, 0), Vec3(0, 0, 1)
CENTRE = Mat4.from_translation(Vec3(0, 1.76, 0))
SUN = Vec3(-0.62, 0.62, 0.35).normalize()
LIGHT_CAMERA = Mat4.orthogonal_projection(-3, 3, -3, 3, 1, 14) @ Mat4.look_at(SUN * 7, Y, Y)


class Scene:
    """The armillary sphere and what is around it."""

    def __init__(self, size: tuple[int, int]) -> None:
        self.size = size
        folder = Path(__file__).parent
        vertex = pyglet.graphics.shader.Shader((folder / "surface.vert").read_text(), "vertex")
        fragment = (folder / "surface.frag").read_text()
        self.programs = [link(vertex, f"#define SURFACE {kind}\n{fragment}") for kind in (OBJECT, FLOOR, SKY)]
        self.shadow_program = link(vertex, "void main() {}")
        self.shadow_map, self.shadow_framebuffer = depth_target(1024)
        self.framebuffer = multisampled_target(*size)
        brass, place = texture(shapes.brass_texture()), Mat4()
        self.rings = [Part(self.mesh(shapes.ring(*shape)), brass, place) for shape in RINGS]
        self.globe = Part(self.mesh(shapes.sphere(0.62)), texture(shapes.globe_texture()), place, metal=0.0)
        self.still = [Part(self.mesh(shapes.foot(0.52)), brass, place)]
        for x, z, radius in BALLS:
            ball = self.mesh(shapes.sphere(radius, 32).unmarked())
            self.still.append(Part(ball, brass, Mat4.from_translation(Vec3(x, radius, z))))
        self.floor = Part(self.mesh(shapes.disc(24)), texture(shapes.floor_texture()), place, metal=0.0)
        self.sky = Part(self.mesh(shapes.sphere(30)), brass, place)

    def mesh(self, mesh: shapes.Mesh) -> Any:
        arrays = {name: ("f", getattr(mesh, name).ravel()) for name in ("position", "normal", "uv")}
        triangles = mesh.triangles.ravel().tolist()
        return self.programs[OBJECT].vertex_list_indexed(
            len(mesh.position), gl.GL_TRIANGLES, triangles, **arrays
        )

    def parts(self, angle: float) -> list[Part]:
        """Put all but floor and sky in place; a turn of 2 pi ends where it began."""
        turn = Mat4.from_rotation
        upright = turn(math.pi / 2, X)
        places = (
            turn(0.5, Y) @ upright,
            turn(0.5 + angle, Y) @ turn(-0.35, X) @ upright,
            turn(0.41, Z) @ turn(angle, X),
            turn(-0.41, Z) @ turn(-angle, Y),
        )
        moving = zip((*self.rings, self.globe), places, strict=True)
        return [*self.still, *(part._replace(place=CENTRE @ place) for part, place in moving)]

    def draw(self, angle: float) -> None:
        parts = self.parts(angle)
        gl.glEnable(gl.GL_DEPTH_TEST)
        gl.glDisable(gl.GL_BLEND)
        self.draw_shadows(parts)
        self.framebuffer.bind()
        gl.glViewport(0, 0, *self.size)
        gl.glClear(gl.GL_COLOR_BUFFER_BIT | gl.GL_DEPTH_BUFFER_BIT)
        view = self.view(angle)
        gl.glEnable(gl.GL_CULL_FACE)
        gl.glCullFace(gl.GL_FRONT)  # a mirror image is inside out, and so is the sky
        draw_all(self.programs[OBJECT], parts, mirror=-1.0, **view)
        draw_all(self.programs[SKY], [self.sky], mirror=1.0, **view)
        gl.glCullFace(gl.GL_BACK)
        gl.glEnable(gl.GL_BLEND)
        gl.glBlendFunc(gl.GL_SRC_ALPHA, gl.GL_ONE_MINUS_SRC_ALPHA)
        draw_all(self.programs[FLOOR], [self.floor], mirror=1.0, **view)
        gl.glDisable(gl.GL_BLEND)
        draw_all(self.programs[OBJECT], parts, mirror=1.0, **view)
        gl.glBindFramebuffer(gl.GL_DRAW_FRAMEBUFFER, 0)
        corners = (0, 0, *self.size)
        gl.glBlitFramebuffer(*corners, *corners, gl.GL_COLOR_BUFFER_BIT, gl.GL_NEAREST)
        self.framebuffer.unbind()

    def view(self, angle: float) -> dict[str, Any]:
        """Return the uniforms that tell whence the scene is seen and lit: the camera sways while the rings turn."""
        side = 0.1 + 0.5 * math.sin(angle)
        eye = Vec3(5.6 * math.sin(side), 1.75 + 0.35 * math.cos(angle), 5.6 * math.cos(side))
        lens = Mat4.perspective_projection(self.size[0] / self.size[1], 0.1, 80, 42)
        camera = lens @ Mat4.look_at(eye, Vec3(0, 1.2, 0), Y)
        return {"camera": camera, "eye": eye, "sun": SUN, "light_camera": LIGHT_CAMERA}

    def draw_shadows(self, parts: list[Part]) -> None:
        self.shadow_framebuffer.bind()
        gl.glViewport(0, 0, self.shadow_map.width, self.shadow_map.height)
        gl.glClear(gl.GL_DEPTH_BUFFER_BIT)
        gl.glDisable(gl.GL_CULL_FACE)
        draw_all(self.shadow_program, parts, mirror=1.0, camera=LIGHT_CAMERA)
        gl.glActiveTexture(gl.GL_TEXTURE1)
        gl.glBindTexture(gl.GL_TEXTURE_2D, self.shadow_map.id)
        gl.glActiveTexture(gl.GL_TEXTURE0)
