"""VTK and PyVista programs, one a scenario: python programs.py SCENARIO FOLDER. A red cone turns before a blue background."""

import gc
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from glrec_core import ConfigError
from glrec_integrations.vtk import attach, open_movie

SIZE, FRAMES, FPS = (320, 240), 12, 30


def cone(*, off_screen: bool, samples: int) -> Any:
    """Return a render window with its renderer."""
    import vtkmodules.vtkRenderingOpenGL2  # noqa: F401 - it registers what draws
    from vtkmodules.vtkFiltersSources import vtkConeSource
    from vtkmodules.vtkRenderingCore import vtkActor, vtkPolyDataMapper, vtkRenderer, vtkRenderWindow

    source, mapper, actor, renderer = vtkConeSource(), vtkPolyDataMapper(), vtkActor(), vtkRenderer()
    source.SetResolution(30)
    mapper.SetInputConnection(source.GetOutputPort())
    actor.SetMapper(mapper)
    actor.GetProperty().SetColor(0.9, 0.1, 0.1)
    renderer.AddActor(actor)
    renderer.SetBackground(0.1, 0.2, 0.6)
    window = vtkRenderWindow()
    window.SetSize(*SIZE)
    window.SetOffScreenRendering(off_screen)
    window.SetMultiSamples(samples)
    window.AddRenderer(renderer)
    return window


def shown(window: Any) -> NDArray[np.uint8]:
    """Return what VTK itself says that the window shows."""
    from vtkmodules.util.numpy_support import vtk_to_numpy
    from vtkmodules.vtkRenderingCore import vtkWindowToImageFilter

    reader = vtkWindowToImageFilter()
    reader.SetInput(window)
    reader.ReadFrontBufferOff()
    reader.ShouldRerenderOff()
    reader.Update()
    image = reader.GetOutput()
    width, height, _ = image.GetDimensions()
    pixels: NDArray[np.uint8] = vtk_to_numpy(image.GetPointData().GetScalars()).reshape(height, width, -1)
    return pixels[::-1, :, :3].copy()


def window(folder: Path, *, off_screen: bool, end: str = "finalize", samples: int = 0) -> None:
    made = cone(off_screen=off_screen, samples=samples)
    recorder = attach(made, folder / "film.mkv", codec="ffv1", timing="step", fps=FPS)
    for number in range(FRAMES):
        made.GetRenderers().GetFirstRenderer().GetActiveCamera().Azimuth(9)
        made.Render()
        np.save(folder / f"{number}.npy", shown(made))
    if end == "finalize":
        made.Finalize()
    else:
        del made
        gc.collect()
    assert recorder.wait().frames == FRAMES


def off_screen(folder: Path) -> None:
    window(folder, off_screen=True)


def multisampled(folder: Path) -> None:
    window(folder, off_screen=True, samples=8)


def deleted(folder: Path) -> None:
    window(folder, off_screen=True, end="delete")


def on_screen(folder: Path) -> None:
    window(folder, off_screen=False)


def plotter(*, off_screen: bool = True) -> Any:
    import pyvista

    made = pyvista.Plotter(off_screen=off_screen, window_size=list(SIZE))
    made.render_window.SetMultiSamples(0)
    made.set_background("navy")
    made.add_mesh(pyvista.Cone(), color="red")
    return made


def movie(folder: Path) -> None:
    made = plotter()
    recorder = open_movie(made, folder / "film.mkv", framerate=FPS, codec="ffv1")
    for number in range(FRAMES):
        made.camera.azimuth += 9
        made.render()  # is no frame
        made.write_frame()
        made.render()
        np.save(folder / f"{number}.npy", shown(made.render_window))
    made.close()
    assert recorder.wait().frames == FRAMES
    with pytest.raises(ConfigError, match="plotter is closed"):
        open_movie(made, folder / "other.mp4")
    assert not (folder / "other.mp4").exists()


def movie_on_screen(folder: Path) -> None:
    made = plotter(off_screen=False)
    made.show(auto_close=False, interactive=False)
    recorder = open_movie(made, folder / "film.mkv", framerate=FPS, codec="ffv1")
    for number in range(FRAMES):
        made.camera.azimuth += 9
        made.write_frame()
        np.save(folder / f"{number}.npy", shown(made.render_window))
    made.mwriter.close()
    assert recorder.close().frames == FRAMES
    with pytest.raises(RuntimeError):
        made.write_frame()
    made.close()


def two_movies(folder: Path) -> None:
    made = plotter()
    for name in ("other", "film"):
        open_movie(made, folder / f"{name}.mkv", framerate=FPS, codec="ffv1")
        for number in range(FRAMES):
            made.camera.azimuth += 9
            made.write_frame()
            np.save(folder / f"{number}.npy", shown(made.render_window))
        made.mwriter.close()
    made.close()


def attached(folder: Path) -> None:
    made = plotter()
    made.show(auto_close=False)
    recorder = attach(made, folder / "film.mkv", codec="ffv1", timing="step", fps=FPS)
    for number in range(FRAMES):
        made.camera.azimuth += 9
        made.render()
        np.save(folder / f"{number}.npy", shown(made.render_window))
    made.close()
    assert recorder.wait().frames == FRAMES


def refused(folder: Path) -> None:
    made = plotter()
    for target, options, said in (
        (object(), {}, "takes a PyVista plotter"),
        (made, {"fps": 30}, "framerate= instead"),
        (made, {"codec": "nonsense"}, "codec="),
    ):
        with pytest.raises(ConfigError, match=said):
            open_movie(target, folder / "film.mp4", **options)
    assert "write_frame" not in vars(made)
    made.close()


if __name__ == "__main__":
    globals()[sys.argv[1]](Path(sys.argv[2]))
