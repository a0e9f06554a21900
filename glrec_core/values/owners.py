"""Who honours an option: the one place that the spill's header, the check of plugins and the tables of the docs read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

_DONE = "what is stored has been through it"
_PLACE = "it says where frames go, and recovery is told that anew"
_LIVE = "it steers the program that draws"


@dataclass(frozen=True, slots=True)
class Owner:
    """A part of a recording.

    Attributes:
        name: the word for it.
        not_stored: why a spill does not keep its options; None where it does, since frames are encoded by them later.

    """

    name: str
    not_stored: str | None = None


CLOCK = Owner("clock")
CAPTURE = Owner("capture", _DONE)
CONVERTER = Owner("converter")
BACKEND = Owner("backend")
ENCODER = Owner("encoder")
QUEUE = Owner("queue", _PLACE)
SINK = Owner("sink", _PLACE)
RECORDER = Owner("recorder", _LIVE)
OWNERS = (CLOCK, CAPTURE, CONVERTER, BACKEND, ENCODER, QUEUE, SINK, RECORDER)

_OWNER, _NOT_STORED = "glrec_owner", "glrec_not_stored"


def of(owner: Owner, *, not_stored: str | None = None) -> Mapping[str, object]:
    """Return the metadata of a dataclass's field that is an option of the owner's; `not_stored` where that is its own reason.

    For example:

        @dataclass
        class Config:
            frames: int | None = field(default=None, metadata=of(CLOCK, not_stored="all are there"))
    """
    return {_OWNER: owner, _NOT_STORED: not_stored or owner.not_stored}


def owner_of(metadata: Mapping[str, object]) -> Owner:
    """Return whose option a field is."""
    owner = metadata[_OWNER]
    assert isinstance(owner, Owner)
    return owner


def why_not_stored(metadata: Mapping[str, object]) -> str | None:
    """Return why a spill does not keep an option; None where it does."""
    reason = metadata[_NOT_STORED]
    assert reason is None or isinstance(reason, str)
    return reason
