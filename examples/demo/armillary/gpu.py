"""What the scene needs of pyglet: programs, textures, framebuffers, and a pass that draws parts with a program."""

from typing import Any, NamedTuple

import pyglet
from pyglet import gl
from pyglet.math import Mat4

from armillary import shapes


class Part(NamedTuple):
    """A mesh, its texture, its place and whether it is of metal."""

    mesh: Any
    texture: Any
    place: Mat4
    metal: float = 1.0


def link(vertex: Any, fragment: str) -> Any:
    shader = pyglet.graphics.shader
    program = shader.ShaderProgram(vertex, shader.Shader(f"#version 400 core\n{fragment}", "fragment"))
    if "shadow_map" in program.uniforms:
        program["shadow_map"] = 1
    return program


def texture(texels: shapes.Texels) -> Any:
    height, width = texels.shape[:2]
    made = pyglet.image.ImageData(width, height, "RGBA", texels.tobytes()).get_texture()
    gl.glBindTexture(gl.GL_TEXTURE_2D, made.id)
    gl.glGenerateMipmap(gl.GL_TEXTURE_2D)
    gl.glTexParameteri(gl.GL_TEXTURE_2D, gl.GL_TEXTURE_MIN_FILTER, gl.GL_LINEAR_MIPMAP_LINEAR)
    return made


def depth_target(side: int) -> tuple[Any, Any]:
    formats = {"internalformat": gl.GL_DEPTH_COMPONENT24, "fmt": gl.GL_DEPTH_COMPONENT, "blank_data": False}
    depth = pyglet.image.Texture.create(side, side, **formats)
    framebuffer = pyglet.image.Framebuffer()
    framebuffer.attach_texture(depth, attachment=gl.GL_DEPTH_ATTACHMENT)
    return depth, framebuffer


def multisampled_target(width: int, height: int) -> Any:
    framebuffer = pyglet.image.Framebuffer()
    for attachment, stored in (
        (gl.GL_COLOR_ATTACHMENT0, gl.GL_RGBA8),
        (gl.GL_DEPTH_ATTACHMENT, gl.GL_DEPTH_COMPONENT24),
    ):
        buffer = pyglet.image.Renderbuffer(width, height, stored, samples=4)
        framebuffer.attach_renderbuffer(buffer, attachment=attachment)
    return framebuffer


def draw_all(program: Any, parts: list[Part], **uniforms: Any) -> None:
    program.use()
    for part in parts:
        for name, value in {**uniforms, "model": part.place, "metal": part.metal}.items():
            if name in program.uniforms:  # the compiler leaves out what a surface does not need
                program[name] = value
        gl.glBindTexture(gl.GL_TEXTURE_2D, part.texture.id)
        part.mesh.draw(gl.GL_TRIANGLES)
