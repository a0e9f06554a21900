"""The rows of the contract, one for each kind of target that an adapter takes."""

from importlib import import_module

from tests.contract.adapter_programs.rows.glfw import Glfw
from tests.contract.adapter_programs.rows.moderngl import ModernglWindow
from tests.contract.adapter_programs.rows.mujoco import Mujoco
from tests.contract.adapter_programs.rows.panda3d import Panda3d
from tests.contract.adapter_programs.rows.pygame import PygameDisplay, PygameWindow
from tests.contract.adapter_programs.rows.pyglet import Pyglet
from tests.contract.adapter_programs.rows.qt import PyQt, PySide
from tests.contract.adapter_programs.rows.swaps import Swaps
from tests.contract.adapter_programs.rows.vispy import Vispy
from tests.contract.adapter_programs.rows.vtk import Vtk
from tests.contract.adapter_programs.toolkit import Toolkit

TOOLKITS: dict[str, type[Toolkit]] = {
    "pyglet": Pyglet,
    "moderngl": ModernglWindow,
    "vispy": Vispy,
    "glfw": Glfw,
    "pygame": PygameDisplay,
    "pygame-window": PygameWindow,
    "mujoco": Mujoco,
    "panda3d": Panda3d,
    "qt-pyside": PySide,
    "qt-pyqt": PyQt,
    "swaps": Swaps,
    "vtk": Vtk,
}


def toolkit(row: str) -> Toolkit:
    """Return a row by its name here, or by "module:class" if it is somebody's own."""
    module, _, name = row.partition(":")
    if not name:
        return TOOLKITS[row]()
    found: Toolkit = getattr(import_module(module), name)()
    return found
