"""Pickles made to take time or memory: refused soon and cheaply, or harmless."""

import functools
import subprocess
import sys

import pytest

from latentstudio.checkpoints.pickle_records import MAX_INSTRUCTIONS
from latentstudio.checkpoints.pickled_modules import read_network
from tests.pickles import (
    MEMO,
    Call,
    Outside,
    Raw,
    array,
    blob,
    dtype,
    module,
    persistent,
    refused,
    scalar,
    tensor,
    whole,
    wire,
    with_attribute,
    with_weight,
)

MEGABYTES = 150  # what a file may take while it is refused, its pages included


@pytest.fixture
def refusal(tmp_path):
    return functools.partial(refused, tmp_path)


def laughs(depth, opening=b"]", closing=b"e"):
    """A list of two references to a list of two references to ..."""
    code = b"]" + MEMO + b"0"
    for level in range(depth):
        code += opening + b"(" + 2 * (b"h" + bytes([level])) + closing + MEMO + b"0"
    return Raw(code + b"h" + bytes([depth]))


TUPLES = {"opening": b"", "closing": b"t"}


def test_shared_lists_are_never_expanded(refusal, tmp_path):
    for shape in ({}, TUPLES):
        bomb = laughs(40, **shape)
        # Where nobody looks, it does no harm; everywhere else it is refused.
        (tmp_path / "a.pkl").write_bytes(whole({"D": bomb, "G_ema": module()}))
        assert read_network(tmp_path / "a.pkl").attributes == {}
        refusal(bomb)
        refusal(with_attribute(bomb))
        refusal(with_attribute(Raw(b"}" + bomb.code + b"Ns")))
        refusal(with_attribute(Raw(b"\x8f(" + bomb.code + b"\x90")))
        refusal(with_attribute(Call("builtins.set", bomb)))
        refusal(with_attribute(scalar(bomb, bomb)))
        refusal(with_attribute(array(1, bomb, dtype(), False, b"")))
        refusal(with_weight(bomb))
        refusal(with_weight(tensor(shape=bomb)))
        refusal(with_weight(tensor(stride=bomb)))
        refusal(with_weight(tensor(offset=bomb)))
        refusal(with_weight(tensor(blob(reference=Outside(bomb)))))
        refusal(with_weight(tensor(blob(system=bomb))))
        refusal(with_weight(tensor(blob(keys=bomb))))
        refusal({"G_ema": bomb})
        refusal({"G_ema": persistent(bomb)})
        refusal({"G_ema": module(bomb)})
        refusal({"G_ema": module(modules={"a": bomb})})


def test_shared_modules_are_never_expanded(refusal):
    code = wire(module("Layer")) + MEMO
    for level in range(40):
        again = Raw(b"h" + bytes([level]))
        code += b"0" + wire(module("Layer", modules={"a": again, "b": again})) + MEMO
    top = module(modules={"a": Raw(code)})
    assert "occurs twice" in str(refusal({"G_ema": top}))


def test_values_that_contain_themselves(refusal):
    itself = Raw(b"]" + MEMO + b"h\x00a")
    refusal(with_attribute(itself))
    refusal(with_attribute(Raw(b"}" + MEMO + b"X\1\0\0\0ah\x00s")))
    refusal(with_attribute(Raw(b"cdnnlib.util\nEasyDict\n)R" + MEMO + b"X\1\0\0\0ah\x00s")))
    refusal(with_weight(tensor(shape=Raw(b"](" + MEMO + b"h\x00et"))))
    refusal(with_attribute(scalar(dtype(state=itself), bytes(4))))
    meta = b"}" + MEMO + b"X\5\0\0\0state}X\x08\0\0\0_modules}X\1\0\0\0ah\x00ssssX"
    refusal({"G_ema": persistent(Raw(meta))})
    head = b"ctorch_utils.persistence\n_reconstruct_persistent_obj\n"
    # A module whose only part is itself.
    parts = wire({"type": "class", "class_name": "Generator"})[:-1]
    parts += wire("state") + b"}(" + b"".join(map(wire, ("_parameters", {}, "_buffers", {})))
    parts += wire("_modules") + b"}" + MEMO + b"uu"
    code = head + parts + b"\x85R" + MEMO + b"h\x00X\1\0\0\0ah\x01s0"
    assert "occurs twice" in str(refusal({"G_ema": Raw(code)}))


@pytest.mark.parametrize("step", [b"\x85", b"]\x94\x85", b"(", b"}X\1\0\0\0a"])
def test_deep_nesting(refusal, step):
    refusal(b"\x80\x04N" + step * 90_000 + b".")
    refusal(with_attribute(Raw(b"N" + step * 90_000)))


def test_deep_calls_and_their_end(tmp_path):
    code = b"cdnnlib.util\nEasyDict\n" + MEMO + b"h\x00" * 50_000 + b")" + b"R\x85" * 50_000
    (tmp_path / "a.pkl").write_bytes(whole({"G_ema": module(attribute=Raw(code + b"0"))}))
    assert read_network(tmp_path / "a.pkl").class_name == "Generator"


FLOODS = {
    "instructions": b"N0",
    "sets": b"\x8f\x94",
    "lists": b"]\x94",
    "dictionaries": b"}\x94",
    "marks": b"(",
    "views": b"C\x00",
    "records": b"h\x00)R",
    "long integers": b"\x8a\xff" + b"\x7f" * 255,
    "texts": b"X\x00\x10\0\0" + b"a" * 4096,
    "lines": b"V" + b"a" * 4000 + b"\n",
    "references": b"2",
}


def flood(case):
    step = FLOODS[case]
    times = min(2 * MAX_INSTRUCTIONS, (40 << 20) // len(step))
    return b"\x80\x04cdnnlib.util\nEasyDict\n" + MEMO + step * times + b"."


@pytest.mark.parametrize("case", FLOODS)
def test_floods(refusal, case):
    refusal(flood(case))


PEAK = """
import resource, sys
from pathlib import Path
from latentstudio.checkpoints.pickled_modules import CheckpointError, read_network

def peak():
    size = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return size if sys.platform == "darwin" else 1024 * size

start = peak()
for name in sys.argv[1:]:
    try:
        read_network(Path(name))
    except CheckpointError:
        print(name, peak() - start)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not tell the peak this way")
def test_floods_take_little_memory(tmp_path):
    for case in FLOODS:
        (tmp_path / case).write_bytes(flood(case))
    command = [sys.executable, "-c", PEAK, *(str(tmp_path / case) for case in FLOODS)]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    peaks = {line.rpartition(" ")[0]: int(line.rpartition(" ")[2]) for line in output.splitlines()}
    assert len(peaks) == len(FLOODS)
    assert max(peaks.values()) < MEGABYTES << 20, peaks


def test_storages_share_the_limits_of_their_file(refusal):
    """Each blob is small, and there are many: their instructions count together."""
    kept = Raw(wire(blob(keys=["0"] * 2000)) + MEMO)
    blobs = [kept] + [Raw(b"h\x00")] * 5000
    arrays = {
        str(i): Call(
            "torch._utils._rebuild_tensor_v2",
            Call("torch.storage._load_from_bytes", data), 0, (6,), (1,),
        )
        for i, data in enumerate(blobs)
    }  # fmt: skip
    refusal({"G_ema": module(parameters=arrays)})


def test_numbers_with_equal_hashes(refusal):
    """As keys they would make a dictionary quadratic."""
    prime = (1 << 61) - 1
    keys = b"".join(wire(i * prime) + b"N" for i in range(50_000))
    assert "keys that are no texts" in str(refusal(with_attribute(Raw(b"}(" + keys + b"u"))))
    members = [i * prime for i in range(50_000)]
    refusal(with_attribute(Call("builtins.set", members)))
