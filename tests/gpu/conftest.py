"""The stand-in and the packages, as the NVENC tests without a GPU find them."""

from tests.nvenc.conftest import pynvvideocodec_libraries, standin_libraries

__all__ = ["pynvvideocodec_libraries", "standin_libraries"]
