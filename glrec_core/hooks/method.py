"""Hears of the calls of one method of one object, and leaves the object as it was found. For adapters.

A function of a module is hooked in the same way; such a hook mostly wants the arguments of the calls.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any


class MethodHook:
    """Has `before` called ahead of one method of one object, without keeping the object alive.

        hook = MethodHook(window, "swap", before_swap)
        window.swap()  # calls before_swap() first
        hook.remove()

    `before` gets the arguments of the call if `arguments` is true.
    """

    def __init__(
        self, owner: object, name: str, before: Callable[..., None], *, arguments: bool = False
    ) -> None:
        shadow = _Shadow(owner, name, before, arguments=arguments)
        self._owner = weakref.ref(owner)
        self._name = name
        self._shadow = weakref.ref(shadow)
        setattr(owner, name, shadow)

    @property
    def in_place(self) -> bool:
        """Whether the hook is still in place: the attribute has not been set since."""
        owner, shadow = self._owner(), self._shadow()
        return owner is not None and shadow is not None and vars(owner).get(self._name) is shadow

    def remove(self) -> None:
        """Give the object its own method back; under another library's wrapper, only pass calls on from now on.

        For example:

            hook = MethodHook(window, "swap", before_swap)
            hook.remove()
        """
        owner, shadow = self._owner(), self._shadow()
        if owner is None or shadow is None:
            return
        shadow.before = None
        if not self.in_place:
            return
        if (beneath := shadow.beneath) is None:
            delattr(owner, self._name)
        else:
            setattr(owner, self._name, beneath)


class _Shadow:
    """The instance attribute that stands before a method. Only the object itself and wrappers around it hold it."""

    def __init__(self, owner: object, name: str, before: Callable[..., None], *, arguments: bool) -> None:
        self.before: Callable[..., None] | None = before
        self._arguments = arguments
        self._attribute: Any = vars(owner).get(name)
        self._method: Any = getattr(owner, name)

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        try:
            if self.before is not None and self._arguments:
                self.before(*arguments, **options)
            elif self.before is not None:
                self.before()
        finally:
            result = self._method(*arguments, **options)
        return result

    @property
    def beneath(self) -> Any:
        """The instance attribute that was there before, but for hooks removed since; None if there was none."""
        attribute = self._attribute
        return attribute.beneath if isinstance(attribute, _Shadow) and attribute.before is None else attribute
