"""Records a program on each toolkit that no adapter knows, and looks at the films: make test-frameworks

Each toolkit's packages go into one environment under build/, which is kept. A program is the toolkit's own demonstration where its
wheel has one. `python scripts/test_frameworks.py raylib kivy` records these only. The exit code is the number that failed.
"""

import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
HOME = ROOT / "build" / "frameworks"
PYTHON = HOME / "bin" / "python"
LIMIT_SECONDS = 180
OWN_PACKAGES = ("av", "numpy", "platformdirs", "pluggy")

LOOK = """
import sys, av
frames = [frame.to_ndarray(format="rgb24") for frame in av.open(sys.argv[1]).decode(video=0)]
print(len(frames), "frames,", max(len(set(frame[::7, ::7].reshape(-1, 3).sum(axis=1).tolist())) for frame in frames), "shades")
"""


class Program(NamedTuple):
    """What is run, as the words of `glrec run`; `source` is the program's text where there is no module."""

    packages: tuple[str, ...]
    source: str = ""
    words: tuple[str, ...] = ()
    ending: tuple[str, ...] = ("--frames", "30")


PROGRAMS = {
    "raylib": Program(
        ("raylib",),
        """
import pyray
pyray.init_window(320, 240, "window")
while not pyray.window_should_close():
    pyray.begin_drawing()
    pyray.clear_background(pyray.RAYWHITE)
    pyray.draw_text("hello", 60, 100, 40, pyray.VIOLET)
    pyray.end_drawing()
pyray.close_window()
""",
    ),
    "dearpygui": Program(("dearpygui",), words=("-m", "dearpygui.demo")),
    "imgui-bundle": Program(("imgui-bundle",), words=("-m", "imgui_bundle.demos_python.demo_imgui_bundle")),
    "panda3d": Program(
        ("panda3d",),
        """
from direct.showbase.ShowBase import ShowBase
base = ShowBase()
model = base.loader.loadModel("models/panda")
model.reparentTo(base.render)
model.setPos(0, 40, -5)
model.hprInterval(3, (360, 0, 0)).loop()
base.run()
""",
    ),
    "ursina": Program(
        ("ursina",),
        """
from ursina import Entity, Ursina, color
app = Ursina()
cube = Entity(model="cube", color=color.orange, texture="white_cube")
cube.update = lambda: setattr(cube, "rotation_y", cube.rotation_y + 2)
app.run()
""",
    ),
    "kivy": Program(
        ("kivy",),
        """
from kivy.animation import Animation
from kivy.app import App
from kivy.uix.button import Button
class Demo(App):
    def build(self):
        button = Button(text="hello", size_hint=(0.3, 0.3))
        there = Animation(x=400) + Animation(x=0)
        there.repeat = True
        there.start(button)
        return button
Demo().run()
""",
    ),
    "vtk": Program(
        ("vtk",),
        """
import vtkmodules.all as vtk
cone, mapper, actor = vtk.vtkConeSource(), vtk.vtkPolyDataMapper(), vtk.vtkActor()
mapper.SetInputConnection(cone.GetOutputPort())
actor.SetMapper(mapper)
renderer = vtk.vtkRenderer(background=(0.3, 0.5, 0.7))
renderer.AddActor(actor)
window = vtk.vtkRenderWindow(size=(320, 240))
window.AddRenderer(renderer)
for _ in range(200):
    renderer.active_camera.Azimuth(2)
    window.Render()
""",
    ),
    "pyvista": Program(
        ("pyvista",), "import pyvista\npyvista.Sphere().plot(show_edges=True)\n", ending=("--seconds", "3")
    ),
    "mujoco": Program(("mujoco",), words=("-m", "mujoco.viewer")),
    "open3d": Program(
        ("open3d",),
        """
import open3d
mesh = open3d.geometry.TriangleMesh.create_torus()
mesh.compute_vertex_normals()
window = open3d.visualization.Visualizer()
window.create_window(width=320, height=240)
window.add_geometry(mesh)
while window.poll_events():
    window.update_renderer()
""",
    ),
    "pyopengltk": Program(
        ("pyopengltk",),
        """
import tkinter
from OpenGL import GL
from pyopengltk import OpenGLFrame
class Frame(OpenGLFrame):
    shade = 0
    def initgl(self): pass
    def redraw(self):
        self.shade = (self.shade + 0.02) % 1
        GL.glClearColor(self.shade, 0.5, 0.2, 1)
        GL.glClear(GL.GL_COLOR_BUFFER_BIT)
window = tkinter.Tk()
frame = Frame(window, width=320, height=240)
frame.pack()
frame.animate = 1
window.mainloop()
""",
    ),
}


def record(name: str, folder: Path) -> str:
    """Record one program; return what became of it, which begins with "right" if it is well."""
    program, film = PROGRAMS[name], folder / f"{name}.mp4"
    words = program.words
    if program.source:
        (folder / "program.py").write_text(program.source, encoding="utf-8")
        words = ("program.py",)
    unset = {"DISPLAY", "WAYLAND_DISPLAY"}
    environment = {key: value for key, value in os.environ.items() if key not in unset}
    command = [str(PYTHON), "-m", "glrec_core", "run", "--headless", *program.ending, "-o", str(film), *words]
    try:
        done = subprocess.run(  # noqa: S603 - this very project
            command,
            cwd=folder,
            env={**environment, "PYTHONPATH": str(ROOT), "HOME": str(folder)},
            capture_output=True,
            text=True,
            check=False,
            timeout=LIMIT_SECONDS,
        )
    except subprocess.TimeoutExpired:
        return f"wrong: it did not end within {LIMIT_SECONDS} s"
    if done.returncode or not film.exists():
        return f"wrong: exit code {done.returncode}\n{done.stderr[-2000:]}"
    seen = subprocess.run([PYTHON, "-c", LOOK, film], capture_output=True, text=True, check=False)  # noqa: S603
    return f"right: {seen.stdout.strip()}" if seen.returncode == 0 else f"wrong: {seen.stderr[-2000:]}"


def main(names: list[str]) -> int:
    """Record all programs, or those that are named."""
    names = names or list(PROGRAMS)
    if not PYTHON.exists():
        venv.create(HOME, with_pip=True)
    packages = {package for name in names for package in PROGRAMS[name].packages}
    install = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*install, *OWN_PACKAGES, *sorted(packages)], check=True)  # noqa: S603
    wrong = 0
    for name in names:
        with tempfile.TemporaryDirectory() as folder:
            outcome = record(name, Path(folder))
        wrong += not outcome.startswith("right")
        print(f"{name:<14}{outcome}", flush=True)
    return wrong


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
