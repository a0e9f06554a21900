"""Runs one check against one row, in an interpreter of its own: frameworks share neither a process nor a display well."""

from collections.abc import Callable, Mapping

from tests.contract.adapter_programs.checks import reason_against
from tests.contract.adapter_programs.toolkits import toolkit
from tests.support.displays import ProgramError, run_program
from tests.support.installed import is_installed


def reason_to_skip(row: str, check: str) -> str | None:
    """Return why a check cannot be made of a row here, None if it can."""
    found = toolkit(row)
    if not is_installed(found.framework):
        return f"{found.framework} is not installed"
    return reason_against(found, check)


def run(row: str, check: str, display: Callable[[], str], variables: Mapping[str, str] | None = None) -> None:
    """Make a check of a row: a name of `TOOLKITS`, or "module:class". `display` gives the name of an X server.

    `variables` are added to the environment, so that somebody's own row is found.

    Raises:
        ProgramError: the promise is broken; the message carries what was found.

    """
    found = toolkit(row)
    place = {"DISPLAY": display()} if found.on_display else {"DISPLAY": "", "EGL_PLATFORM": "surfaceless"}
    program = f"from tests.contract.adapter_programs.checks import main\nmain({row!r}, {check!r})"
    done = run_program(program, env={**(variables or {}), **place, **found.environment})
    if "still open" in done.stderr:
        raise ProgramError(f"a recording is called open that its window has ended: {done.stderr}")
