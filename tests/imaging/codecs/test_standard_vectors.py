"""What the standards themselves give as examples, number for number."""

import numpy as np

from imaging.codecs import jpeg_ls
from imaging.codecs.jpeg2000.mq_kernels import decide, start_mq
from imaging.codecs.jpeg2000.mq_tables import _NEXT_LPS, _NEXT_MPS, _QE, _SWITCH, MQ_STATES
from imaging.kernel import BYTES, kernel
from tests.support.j2k_block_writer import MqEncoder

# T.87 H.3: four by four samples, and the whole stream
T87_SAMPLES = np.array(
    [[0, 0, 90, 74], [68, 50, 43, 205], [64, 145, 145, 145], [100, 145, 145, 145]], np.uint8
)
T87_SCAN = bytes.fromhex("C000006C80208E01C00000574000006EE6000001BC18000005D800009160")
T87_STREAM = (
    bytes.fromhex("FFD8 FFF7000B080004000401011100 FFDA0008010100000000") + T87_SCAN + b"\xff\xd9"
)

# T.88 H.2, the test sequence of the arithmetic coder that T.800 annex C shares: 256 decisions of one
# context, which begins in state 0
T88_DECISIONS = bytes.fromhex("00020051000000C00352872AAAAAAAAA82C02000FCD79EF6BF7FED904F46A3BF")
T88_CODED = bytes.fromhex("84C73BFCE1A1430402200000410DBB86F4317FFF88FF37471ADB6ADFFFAC")


def test_the_example_of_jpeg_ls() -> None:
    out = np.empty((4, 4, 1), np.uint8)
    jpeg_ls.decode(T87_STREAM, out)
    assert np.array_equal(out[:, :, 0], T87_SAMPLES)
    ours = jpeg_ls.encode(T87_SAMPLES, 8)
    assert T87_SCAN in ours


@kernel(f"void({BYTES}, int64[::1], uint8[::1])")
def decisions(data, contexts, out):  # type: ignore[no-untyped-def]
    d, above_a, above_c, bits, position = start_mq(data, 0)
    for n in range(out.size):
        decision, d, above_a, above_c, bits, position = decide(
            data, contexts, 0, d, above_a, above_c, bits, position
        )
        out[n] = decision


def test_the_test_sequence_of_the_arithmetic_coder() -> None:
    data = np.frombuffer(T88_CODED[:-2] + b"\xff\xff\xff\xff", np.uint8)
    out = np.empty(256, np.uint8)
    decisions(data, np.full(1, MQ_STATES[0], np.int64), out)
    assert np.packbits(out).tobytes() == T88_DECISIONS


def test_the_test_sequence_written() -> None:
    """The tests' own encoder, with the states of the decoder's table; it meets 22 of them."""
    coder, context, met = MqEncoder(), [0, 0], set()
    for bit in np.unpackbits(np.frombuffer(T88_DECISIONS, np.uint8)).tolist():
        met.add(context[0])
        coder.encode(bit, context)
    written = coder.flush()
    assert written[: len(T88_CODED) - 3] == T88_CODED[:-3]
    assert len(met) == 22


def test_the_table_of_states_has_the_shape_that_the_coder_needs() -> None:
    """Properties of T.800 table C.2: 47 states; only the three that begin a chain change sides; a
    more probable symbol never makes the estimate larger within a chain, a less probable one never
    smaller; the last state keeps itself."""
    assert len(_QE) == len(_NEXT_MPS) == len(_NEXT_LPS) == 47
    assert {n for n in range(47) if _QE[n] == 0x5601} == {*_SWITCH, 46} == {0, 6, 14, 46}
    assert (_NEXT_MPS[46], _NEXT_LPS[46]) == (46, 46)
    for state in range(46):
        assert _QE[_NEXT_MPS[state]] <= _QE[state] or state in (0, 6, 14)
        assert _QE[_NEXT_LPS[state]] >= _QE[state] or state in (0, 6, 14)
        assert 0x0001 <= _QE[state] <= 0x5601 and _QE[state] & 1
    for start in range(46):
        state = start
        for _ in range(46):
            state = _NEXT_MPS[state]
        assert state == 45  # whoever is always right ends where it costs least
