"""Following HTTP/1.1 and HTTP/2 byte by byte: nothing is lost or added, wherever the chunks are cut."""

import hpack
from hypothesis import given
from hypothesis import strategies as st

from arc_sim.sandboxes.edges.http1 import MessageReader
from arc_sim.sandboxes.edges.http2 import Boundary, Frame, FrameReader, HeaderCoder

bodies = st.binary(max_size=60)


@st.composite
def responses(draw):
    body = draw(bodies)
    if draw(st.booleans()):
        return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
    size = draw(st.integers(1, 20))
    chunks = [body[i : i + size] for i in range(0, len(body), size)]
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    return head + b"".join(b"%x;x=y\r\n%s\r\n" % (len(c), c) for c in chunks) + b"0\r\nX: y\r\n\r\n"


@st.composite
def cut(draw, data):
    places = sorted(draw(st.lists(st.integers(0, len(data)), max_size=8)))
    return [data[a:b] for a, b in zip([0, *places], [*places, len(data)], strict=True)]


@given(st.data())
def test_messages_come_out_byte_for_byte_and_are_counted(data):
    messages = data.draw(st.lists(responses(), min_size=1, max_size=4))
    stream = b"".join(messages)
    reader = MessageReader("response")
    parts = [part for chunk in data.draw(cut(stream)) for part in reader.feed(chunk)]
    assert b"".join(part.data for part in parts) == stream
    assert sum(part.kind == "end" for part in parts) == len(messages)
    assert reader.is_between


@given(st.sampled_from(["request", "response"]), st.lists(st.binary(max_size=80), max_size=6))
def test_anything_else_comes_out_byte_for_byte_too(of, chunks):
    reader = MessageReader(of)
    parts = [part for chunk in chunks for part in reader.feed(chunk)]
    assert b"".join(part.data for part in parts) + reader.give_up() == b"".join(chunks)


frames = st.builds(Frame, st.integers(0, 9), st.integers(0, 255), st.integers(0, 2**31 - 1), st.binary(max_size=50))


@given(st.data())
def test_frames_are_found_wherever_the_chunks_are_cut(data):
    sent = data.draw(st.lists(frames, max_size=5))
    stream = b"".join(frame.encode() for frame in sent)
    reader, boundary, offset = FrameReader(), Boundary(), 0
    ends = {sum(len(frame.encode()) for frame in sent[:count]) for count in range(len(sent) + 1)}
    got = []
    for chunk in data.draw(cut(stream)):
        got += reader.feed(chunk)
        whole = boundary.feed(chunk)
        assert whole == 0 or offset + whole in ends
        offset += len(chunk)
    assert got == sent
    assert boundary.is_between
    assert reader.is_between


@given(st.lists(st.tuples(st.sampled_from([b"a", b"x-long-name"]), st.binary(max_size=40000)), max_size=5))
def test_headers_survive_being_coded_anew(pairs):
    block = hpack.Encoder().encode(pairs)
    coder = HeaderCoder()
    again = coder.encode(1, coder.decode(block), 0)
    assert all(len(frame.payload) <= 16_384 for frame in again)
    decoded = hpack.Decoder(max_header_list_size=10**7).decode(b"".join(f.payload for f in again), raw=True)
    assert [tuple(pair) for pair in decoded] == pairs
