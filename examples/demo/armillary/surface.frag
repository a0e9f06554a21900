// The program puts #version and SURFACE in front: one compilation for each, since software OpenGL runs both sides of an if.
#define OBJECT 0
#define FLOOR 1
#define SKY 2

in vec3 world, facing;
in vec2 texel;
uniform sampler2D albedo, shadow_map;
uniform mat4 light_camera;
uniform vec3 eye, sun;
uniform float mirror, metal;
out vec4 color;

vec3 sky(vec3 d) {
    float glow = dot(normalize(d.xz), normalize(sun.xz)) * 0.5 + 0.5;
    vec3 horizon = mix(vec3(0.05, 0.09, 0.17), vec3(0.95, 0.38, 0.16), glow * glow * glow);
    return mix(horizon, vec3(0.008, 0.018, 0.05), smoothstep(0.0, 0.55, abs(d.y)));
}

vec3 surroundings(vec3 d) {  // what a polished thing mirrors: sky, a soft light overhead, the floor
    vec3 above = sky(d) * 1.6 + vec3(1.0, 0.85, 0.7) * smoothstep(0.62, 0.95, d.y);
    return mix(vec3(0.09, 0.06, 0.05), above, smoothstep(-0.12, 0.12, d.y));
}

float sunlight() {  // a bilinear comparison with the shadow map
    vec3 p = (light_camera * vec4(world, 1.0)).xyz * 0.5 + 0.5;
    vec4 lit = step(min(p.z, 1.0) - 0.003, textureGather(shadow_map, p.xy));
    vec2 part = fract(p.xy * vec2(textureSize(shadow_map, 0)) - 0.5);
    vec2 row = mix(lit.wx, lit.zy, part.x);
    bool outside = any(greaterThan(abs(p.xy - 0.5), vec2(0.499)));
    return outside ? 1.0 : mix(row.x, row.y, part.y);
}

vec3 lighted(vec4 base, vec3 n, vec3 bounce, float fresnel) {
    float lit = sunlight();
    float diffuse = max(dot(n, sun), 0.0) * lit;
    float gloss = pow(max(dot(bounce, sun), 0.0), mix(70.0, 18.0, metal)) * lit * base.a;
    vec3 ambient = mix(vec3(0.10, 0.055, 0.04), vec3(0.10, 0.14, 0.24), n.y * 0.5 + 0.5);
    vec3 mirrored = surroundings(bounce);
    vec3 glazed = base.rgb * (ambient + diffuse * vec3(2.4, 1.85, 1.3)) + mirrored * (0.05 + fresnel) * base.a;
    vec3 polished = base.rgb * (mirrored + 0.4 * ambient + diffuse * vec3(0.85, 0.7, 0.5));
    return mix(glazed, polished, metal) + vec3(1.7, 1.25, 0.8) * gloss;
}

void main() {
    vec3 ray = normalize(world - eye * vec3(1.0, mirror, 1.0));
    vec3 rgb = sky(ray);
    float alpha = 1.0;
#if SURFACE != SKY
    vec3 n = normalize(facing);
    float fresnel = pow(clamp(1.0 + dot(n, ray), 0.0, 1.0), 5.0);
    vec4 base = texture(albedo, SURFACE == FLOOR ? world.xz * 0.4 : texel);
    vec3 near = lighted(base, n, reflect(ray, n), fresnel);
    float haze = SURFACE == FLOOR ? smoothstep(4.0, 16.0, length(world.xz)) : 0.0;
    rgb = mix(near, rgb, haze);
    alpha = SURFACE == FLOOR ? mix(0.62 - 0.5 * fresnel, 1.0, haze) : 1.0;
#endif
    rgb = sqrt(1.0 - exp(-1.5 * rgb));
    color = vec4(mix(rgb, rgb * rgb * (3.0 - 2.0 * rgb), 0.6), alpha);
}
