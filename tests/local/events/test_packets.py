"""The framing of packets."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftrack_local.events import packets
from ftrack_local.events.packets import Packet, PacketError


def test_heartbeats_of_both_official_clients_are_understood() -> None:
    assert packets.decode("2::").code == packets.HEARTBEAT
    assert packets.decode("2:::").code == packets.HEARTBEAT


def test_only_the_first_three_colons_divide() -> None:
    assert packets.decode('5:7+:/a:{"b": "c:d"}') == Packet("5", "7+", "/a", '{"b": "c:d"}')


@pytest.mark.parametrize("frame", ["", "5", "5:", "9::", "55::", "::", "x::", "5:a::", "5:+1::", "5:²::"])
def test_what_is_no_packet_is_refused(frame: str) -> None:
    with pytest.raises(PacketError):
        packets.decode(frame)


@pytest.mark.parametrize(
    "data", ["", "{", "[]", '"x"', '{"name": "other", "args": []}', '{"name": "ftrack.event"}', "[" * 100_000]
)
def test_an_event_without_arguments_is_refused(data: str) -> None:
    with pytest.raises(PacketError):
        Packet(packets.EVENT, data=data).arguments()


def test_acknowledgements_carry_exactly_one_argument() -> None:
    assert packets.acknowledgement("3+") == '6:::3+[{"success":true}]'
    assert json.loads(packets.acknowledgement("12", "no").partition("+")[2]) == [
        {"success": False, "message": "no"}
    ]


@given(st.text())
def test_any_frame_is_a_packet_or_refused(frame: str) -> None:
    try:
        packet = packets.decode(frame)
    except PacketError:
        return
    assert packets.decode(packet.encode()) == packet


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(_json)
def test_whatever_an_event_carries_arrives(data: object) -> None:
    frame = packets.event({"data": data})
    assert frame.startswith("5:::{")
    assert packets.decode(frame).arguments() == [{"data": data}]


def test_half_a_surrogate_pair_does_not_break_the_frame() -> None:
    frame = packets.event({"data": "\ud800"})
    assert frame.encode("utf-8")
    assert packets.decode(frame).arguments() == [{"data": "\ud800"}]
