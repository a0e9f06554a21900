"""Forward error correction: any `data_shards` of all shards of a block give the block back.

The code is the systematic Reed-Solomon code of zfec: the first shards are the data as they are, so nothing is computed
unless one of them is missing. Being optimal, it never needs more than `data_shards` of them, whichever they are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from glrec_core.errors import ConfigError

_CODES_KEPT = 64  # tables of some kilobytes each; a stream needs a few


def check_available() -> None:
    """Check that the code can be computed here.

    Raises:
        ConfigError: zfec is missing.

    """
    try:
        import zfec  # noqa: F401
    except ImportError as error:
        raise ConfigError(
            "forward error correction needs zfec: pip install 'glrec[wire]'; or send without it (redundancy=0)"
        ) from error


def parity(data: Sequence[bytes], shards: int) -> list[bytes]:
    """Return the parity shards of a block of equally long data shards, `shards` being the number of both together."""
    if shards == len(data):
        return []
    wanted = tuple(range(len(data), shards))
    made: list[bytes] = _encoder(len(data), shards).encode(tuple(data), wanted)
    return made


def restore(found: Mapping[int, bytes], data_shards: int, shards: int) -> list[bytes]:
    """Return the data shards from any `data_shards` of a block's shards, by number; more than those are not used."""
    numbers = sorted(found)[:data_shards]
    if numbers == list(range(data_shards)):
        return [found[number] for number in numbers]
    pieces: list[bytes] = _decoder(data_shards, shards).decode(
        tuple(found[number] for number in numbers), tuple(numbers)
    )
    return pieces


@lru_cache(_CODES_KEPT)
def _encoder(data_shards: int, shards: int) -> Any:
    import zfec

    return zfec.Encoder(data_shards, shards)


@lru_cache(_CODES_KEPT)
def _decoder(data_shards: int, shards: int) -> Any:
    import zfec

    return zfec.Decoder(data_shards, shards)
