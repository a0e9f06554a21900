"""Sends an encoded stream over a network that loses packets, and puts it together again at the other end.

`WireSink` is a sink like any other: `record(target, "film.mp4", WireSink(UdpChannel(("192.0.2.7", 5000))))`. Each access
unit is cut into datagrams, protected by forward error correction; nothing is ever sent twice, so the delay stays short.
Needs the extra `glrec[wire]`.
"""

from glrec_core.wire.channel import Channel, ImpairedChannel, Impairment
from glrec_core.wire.packetizer import DEFAULT_DATAGRAM_BYTES, DEFAULT_REDUNDANCY, Packetizer
from glrec_core.wire.reassembler import Counts, Reassembler, Received
from glrec_core.wire.sink import WireSink
from glrec_core.wire.trial import WireReport, WireTrial
from glrec_core.wire.udp import UdpChannel, UdpReceiver

__all__ = [
    "DEFAULT_DATAGRAM_BYTES",
    "DEFAULT_REDUNDANCY",
    "Channel",
    "Counts",
    "ImpairedChannel",
    "Impairment",
    "Packetizer",
    "Reassembler",
    "Received",
    "UdpChannel",
    "UdpReceiver",
    "WireReport",
    "WireSink",
    "WireTrial",
]
