"""The compute shader that turns a picture into NV12: GLSL with the numbers of one colour space and size before it.

It loads from an image and not from a sampler: a swizzle of the host's texture, or a sampler on its unit, do not matter to
an image. The picture is in OpenGL's row order, bottom first, and NV12 begins at the top, so rows are loaded from the
other end.
"""

from __future__ import annotations

from collections.abc import Iterable

from glrec_core.gl.state import ComputeState
from glrec_core.values.color import ColorSpace
from glrec_core.values.frame import Size

_GROUP = Size(32, 4)
"""Threads of a work group: 32 neighbours write 128 bytes in one go."""

_BLOCK = Size(4, 2)
"""Pixels of a thread: one word of luma in each row, and one of chroma, which is two pairs of (Cb, Cr)."""

_PITCH_ALIGNMENT_BYTES = 64
"""A cache line; FFmpeg's vector code asks for no more (STRIDE_ALIGN in libavcodec/internal.h)."""

# Extensions rather than `#version 430`: a driver may make a context of no higher version than the program asked for.
_HEADER = """#version 330
#extension GL_ARB_compute_shader : require
#extension GL_ARB_shader_image_load_store : require
#extension GL_ARB_shader_storage_buffer_object : require
#extension GL_ARB_shading_language_420pack : require
"""

_BODY = """
layout(local_size_x = GROUP_WIDTH, local_size_y = GROUP_HEIGHT) in;
layout(binding = IMAGE_UNIT, rgba8) readonly restrict uniform image2D picture;
layout(std430, binding = STORAGE_SLOT) writeonly restrict buffer Nv12 { uint words[]; };

vec3 pixel(int column, int row) {
    return imageLoad(picture, ivec2(clamp(column, 0, WIDTH - 1), HEIGHT - 1 - row)).rgb;
}

vec3 codes(vec3 rgb) {
    return clamp(floor(FROM_RGB * rgb + OFFSETS + 0.5), 0.0, 255.0);
}

uint word(vec4 bytes) {
    uvec4 b = uvec4(bytes);
    return b.x | b.y << 8 | b.z << 16 | b.w << 24;
}

uint luma(vec3 a, vec3 b, vec3 c, vec3 d) {
    return word(vec4(codes(a).x, codes(b).x, codes(c).x, codes(d).x));
}

// Chroma of the columns a and c, each of the five being the sum of two rows. Its sites are on the even columns and midway
// between the rows: [1 2 1]/4 across, the mean down.
uint chroma(vec3 before, vec3 a, vec3 b, vec3 c, vec3 d) {
    return word(vec4(codes((before + 2.0 * a + b) / 8.0).yz, codes((b + 2.0 * c + d) / 8.0).yz));
}

void main() {
    int block = int(gl_GlobalInvocationID.x), pair = int(gl_GlobalInvocationID.y);
    int x = BLOCK_WIDTH * block, y = BLOCK_HEIGHT * pair;
    if (x >= WIDTH || y >= HEIGHT) {
        return;
    }
    vec3 upper[5], lower[5];
    for (int i = 0; i < 5; i++) {
        upper[i] = pixel(x + i - 1, y);
        lower[i] = pixel(x + i - 1, y + 1);
    }
    int at = y * PITCH_WORDS + block;
    words[at] = luma(upper[1], upper[2], upper[3], upper[4]);
    words[at + PITCH_WORDS] = luma(lower[1], lower[2], lower[3], lower[4]);
    words[(HEIGHT + pair) * PITCH_WORDS + block] = chroma(
        upper[0] + lower[0], upper[1] + lower[1], upper[2] + lower[2], upper[3] + lower[3], upper[4] + lower[4]
    );
}
"""


def pitch_bytes(width: int) -> int:
    """Return the distance of two rows of a picture that is `width` pixels wide, in bytes; the same in both planes."""
    return -(-width // _PITCH_ALIGNMENT_BYTES) * _PITCH_ALIGNMENT_BYTES


def work_groups(size: Size) -> tuple[int, int, int]:
    """Return how many work groups to dispatch for a picture."""
    across = -(-size.width // (_BLOCK.width * _GROUP.width))
    return across, -(-size.height // (_BLOCK.height * _GROUP.height)), 1


def nv12_source(size: Size, color: ColorSpace, state: ComputeState) -> str:
    """Return the shader's text for pictures of an even size, bound as `state` says.

    The buffer gets `size.height` rows of luma and then half as many of (Cb, Cr) pairs, `pitch_bytes` apart.
    """
    matrix = color.ycbcr_matrix()
    constants = {
        "GROUP_WIDTH": _GROUP.width,
        "GROUP_HEIGHT": _GROUP.height,
        "BLOCK_WIDTH": _BLOCK.width,
        "BLOCK_HEIGHT": _BLOCK.height,
        "IMAGE_UNIT": state.image_unit,
        "STORAGE_SLOT": state.storage_slot,
        "WIDTH": size.width,
        "HEIGHT": size.height,
        "PITCH_WORDS": pitch_bytes(size.width) // 4,
        "FROM_RGB": f"mat3({_numbers(value for column in zip(*matrix.rows, strict=True) for value in column)})",
        "OFFSETS": f"vec3({_numbers(matrix.offsets)})",
    }
    return _HEADER + "".join(f"#define {name} {value}\n" for name, value in constants.items()) + _BODY


def _numbers(values: Iterable[float]) -> str:
    return ", ".join(map(repr, values))
