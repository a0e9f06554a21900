#version 400 core

layout(location = 0) in vec3 position;
layout(location = 1) in vec3 normal;
layout(location = 2) in vec2 uv;
uniform mat4 camera, model;
uniform float mirror;  // -1 draws the picture in the floor, 1 the thing itself
out vec3 world, facing;
out vec2 texel;

void main() {
    world = (model * vec4(position, 1.0)).xyz;
    facing = mat3(model) * normal;
    texel = uv;
    gl_Position = camera * vec4(world * vec3(1.0, mirror, 1.0), 1.0);
}
