"""Importing the face of moderngl costs no framework, and gives what it names."""

from tests.support.displays import run_program


def test_no_framework_is_imported() -> None:
    run_program(
        "import sys\n"
        "import glrec_integrations.moderngl as face\n"
        "assert {name.partition('.')[0] for name in sys.modules}.isdisjoint({'moderngl', 'moderngl_window', 'pyglet'})\n"
        "assert all(hasattr(face, name) for name in face.__all__)\n"
        "assert 'moderngl_window' in sys.modules\n"
        "assert not hasattr(face, 'no_such_name')\n",
        fresh=True,
    )
