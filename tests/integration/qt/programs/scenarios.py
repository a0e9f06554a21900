"""Qt programs that record themselves: scenarios.py BINDING NAME FILM..."""

import sys
from importlib import import_module
from typing import Any

import pytest

import glrec_core
from glrec_core.testing import barcode
from glrec_integrations.qt import attach
from tests.contract.adapter_programs import native

BINDING = sys.argv[1]
FRAMES, SIZE, FPS = 40, (320, 240), 30

core: Any = import_module(f"{BINDING}.QtCore")
gui: Any = import_module(f"{BINDING}.QtGui")
widgets: Any = import_module(f"{BINDING}.QtWidgets")
opengl: Any = import_module(f"{BINDING}.QtOpenGLWidgets")


class Widget(opengl.QOpenGLWidget):  # type: ignore[misc]
    """Paints the picture of its number."""

    number = 0

    def paintGL(self) -> None:  # noqa: N802 - Qt's name
        assert native.error() == 0, f"before frame {self.number}"
        barcode.draw(native.fill, SIZE, self.number)
        assert native.error() == 0, f"drawing frame {self.number}"


class PaintedWidget(opengl.QOpenGLWidget):  # type: ignore[misc]
    """Paints it in its paint event, by Qt's painter."""

    number = 0

    def paintEvent(self, _: Any) -> None:  # noqa: N802 - Qt's name
        painter = gui.QPainter(self)

        def fill(x: int, y: int, width: int, height: int, rgb: barcode.Rgb) -> None:
            painter.fillRect(x, SIZE[1] - y - height, width, height, gui.QColor.fromRgbF(*rgb))

        barcode.draw(fill, SIZE, self.number)
        painter.end()


def shown(widget: Any) -> Any:
    widget.setFixedSize(*SIZE)
    widget.show()
    process()
    return widget


def process() -> None:
    for _ in range(5):
        widgets.QApplication.processEvents()


def record(widget: Any, film: str, **options: Any) -> glrec_core.Recorder:
    return attach(widget, film, timing="step", fps=FPS, **options)


def show_numbers(*targets: Any, numbers: range = range(FRAMES)) -> None:
    for number in numbers:
        for widget in targets:
            widget.number = number
            widget.update()
        process()


def hotkey(film: str) -> None:
    heard = []

    class Listening(Widget):
        def keyPressEvent(self, event: Any) -> None:  # noqa: N802 - Qt's name
            heard.append(event.isAutoRepeat())

    def press(*, again: bool = False) -> None:
        kind, none = core.QEvent.Type.KeyPress, core.Qt.KeyboardModifier.NoModifier
        key = gui.QKeyEvent(kind, core.Qt.Key.Key_F9.value, none, "", again)
        widgets.QApplication.sendEvent(widget, key)

    widget = shown(Listening())
    recorder = record(widget, film, hotkey="F9")
    show_numbers(widget, numbers=range(10))
    press()
    press(again=True)
    show_numbers(widget, numbers=range(50, 55))
    assert recorder.paused
    press()
    show_numbers(widget, numbers=range(10, FRAMES))
    assert recorder.close().frames == FRAMES
    press()
    assert heard == [False, True, False, False]


def multisampled(film: str) -> None:
    surface_format = gui.QSurfaceFormat()
    surface_format.setSamples(4)
    gui.QSurfaceFormat.setDefaultFormat(surface_format)
    widget = shown(Widget())
    before = dict(vars(widget))
    recorder = record(widget, film)
    show_numbers(widget)
    recorder.close()
    assert vars(widget) == before | {"number": FRAMES - 1}
    assert (
        widget.receivers(widget.aboutToCompose if BINDING == "PyQt6" else core.SIGNAL("aboutToCompose()"))
        == 0
    )
    widget.update()
    process()


def moved_before_its_first_frame(film: str) -> None:
    widget = shown(Widget())
    recorder = record(widget, film, paused=True)
    window = widgets.QMainWindow()
    window.setCentralWidget(widget)  # where it gets another context
    window.show()
    process()
    recorder.resume()
    show_numbers(widget)
    assert recorder.close().frames == FRAMES


def painter(film: str) -> None:
    widget = shown(PaintedWidget())
    recorder = record(widget, film)
    show_numbers(widget)
    recorder.close()


def deleted(film: str) -> None:
    widget = shown(Widget())
    recorder = record(widget, film)
    show_numbers(widget)
    widget.deleteLater()
    core.QCoreApplication.sendPostedEvents(None, core.QEvent.Type.DeferredDelete.value)
    process()
    assert recorder.finished
    assert recorder.close().frames == FRAMES
    with pytest.raises(glrec_core.ConfigError, match="deleted"):
        record(widget, f"{film}-2.mp4")


def two_widgets(*films: str) -> None:
    window = widgets.QWidget()
    layout = widgets.QHBoxLayout(window)
    children = [Widget(), Widget()]
    for child in children:
        child.setFixedSize(*SIZE)
        layout.addWidget(child)
    window.show()
    process()
    recorders = [record(child, film) for child, film in zip(children, films, strict=True)]
    for number in range(FRAMES):
        for child in children:
            child.number = number
            child.update()  # both are painted before their window is composed
        process()
    for recorder in recorders:
        recorder.close()


if __name__ == "__main__":
    application = widgets.QApplication([])
    globals()[sys.argv[2]](*sys.argv[3:])
