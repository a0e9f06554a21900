"""A Qt program that knows nothing of glrec."""

import sys

from PySide6.QtCore import QTimer
from PySide6.QtGui import QColor, QConicalGradient, QPainter
from PySide6.QtOpenGLWidgets import QOpenGLWidget
from PySide6.QtWidgets import QApplication


class Radar(QOpenGLWidget):
    turn = 0

    def paintGL(self):
        sweep = QConicalGradient(self.width() / 2, self.height() / 2, -self.turn)
        sweep.setStops(
            [
                (0, QColor("#1b3a2f")),
                (0.7, QColor("#10241d")),
                (0.98, QColor("#7dffb0")),
                (1, QColor("white")),
            ]
        )
        painter = QPainter(self)
        painter.fillRect(self.rect(), sweep)
        self.turn += 3


application = QApplication(sys.argv)
widget = Radar()
widget.resize(480, 270)
widget.show()
timer = QTimer(interval=33, timeout=widget.update)
timer.start()
sys.exit(application.exec())
