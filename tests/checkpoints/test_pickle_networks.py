"""Networks read from pickles, against torch and against what else is in the fixtures."""

import os
import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from latentstudio.checkpoints.errors import CheckpointError
from latentstudio.checkpoints.persistent_modules import Opaque
from latentstudio.checkpoints.pickled_modules import open_mapped, read_network
from tests.pickles import Call, EasyDict, Name, Persistent, dumps, module, persistent, whole

FIXTURES = Path(__file__).parents[1] / "fixtures"


def arrays(network, prefix=""):
    """All arrays of a network by their full names."""
    found = {prefix + name: ref for name, ref in (network.parameters | network.buffers).items()}
    for name, part in network.modules.items():
        found |= arrays(part, f"{prefix}{name}.")
    return found


def saved(path, value, protocol=4):
    path.write_bytes(dumps(value, protocol))
    return path


def test_the_arrays_are_those_that_torch_wrote():
    network = read_network(FIXTURES / "sg2_32_clamp.pkl")
    assert network.class_name == "Generator"
    assert set(network.modules) == {"synthesis", "mapping"}
    ours = {name: ref.array() for name, ref in arrays(network).items()}
    # The same networks in our own format were made with torch's own unpickler.
    theirs = load_file(FIXTURES / "sg2_32_clamp.safetensors")
    by_content = {(tuple(t.shape), t.numpy().tobytes()): name for name, t in theirs.items()}
    missing = {name for name, a in ours.items() if (a.shape, a.tobytes()) not in by_content}
    assert {name.rsplit(".")[-1] for name in missing} <= {"resample_filter"}
    assert len(ours) - len(missing) > 50


def test_plain_attributes_and_arrays_in_them():
    network = read_network(FIXTURES / "sg3t_32_small.pkl")
    assert network.attributes["z_dim"] == 64
    assert network.attributes["_init_kwargs"]["mapping_kwargs"] == {"num_layers": 2}
    layer = network.modules["synthesis"].modules["L0_28_32"]
    assert layer.attributes["padding"] == [9, 8, 9, 8]
    size = layer.attributes["in_size"]
    assert size.dtype == np.int64 and size.tolist() == [28, 28] and not size.flags.writeable
    for part in (network, layer):
        assert "module_src" not in part.attributes


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_every_kind_of_tensor(tmp_path, protocol):
    torch.manual_seed(0)
    base = torch.randn(4, 3, 5, 2)
    tensors = {
        "channels_last": base.to(memory_format=torch.channels_last),
        "narrowed": base[1:3, 1:],
        "transposed": base.permute(3, 1, 0, 2),
        "half": base.half(),
        "double": base.double(),
        "bfloat16": base.bfloat16(),
        "bool": base > 0,
        "scalar": torch.tensor(3.5),
        "empty": torch.zeros(0, 512),
        "one": torch.zeros(1, 1).as_strided((1, 1), (999, 777)),
        **{str(kind): (9 * base).to(kind) for kind in (torch.int8, torch.uint8, torch.int16)},
        **{str(kind): (9 * base).to(kind) for kind in (torch.int32, torch.int64)},
    }
    tensors = {name.replace("torch.", ""): tensor for name, tensor in tensors.items()}
    parameters = {"weight": torch.nn.Parameter(base), "bias": None}
    snapshot = {"G_ema": Persistent("Generator", parameters, tensors | {"none": None})}
    network = read_network(saved(tmp_path / "a.pkl", snapshot, protocol))
    for name, tensor in tensors.items():
        array = network.buffers[name].array()
        expected = (tensor.float() if name == "bfloat16" else tensor).numpy()
        assert array.shape == expected.shape, name
        assert array.dtype == expected.dtype == network.buffers[name].dtype, name
        np.testing.assert_array_equal(array, expected, err_msg=name)
    np.testing.assert_array_equal(network.parameters["weight"].array(), base.numpy())
    assert network.buffers["none"] is None and network.parameters["bias"] is None


@pytest.mark.parametrize("protocol", [3, 4, 5])
def test_every_kind_of_attribute(tmp_path, protocol):
    attributes = {
        "float": np.float64(0.25),
        "int": np.int32(-7),
        "bool": np.bool_(True),
        "array": np.arange(6, dtype=np.int16).reshape(2, 3),
        "fortran": np.asfortranarray(np.arange(24.0, dtype=">f4").reshape(2, 3, 4)),
        "no array": np.zeros((0, 3), np.float16),
        "tensor": torch.arange(3),
        "settings": EasyDict(a=EasyDict(b=[1, (2, None)])),
        "set": {"a", "b"},
        "size": torch.Size([1, 2]),
        "dtype": torch.float32,
        "device": torch.device("cpu"),
        "module": Persistent("Layer"),
    }
    network = read_network(saved(tmp_path / "a.pkl", Persistent(**attributes), protocol))
    got = network.attributes
    assert (got["float"], got["int"], got["bool"]) == (0.25, -7, True)
    assert {type(got[name]) for name in ("float", "int", "bool")} == {float, int, bool}
    for name in ("array", "fortran", "no array"):
        np.testing.assert_array_equal(got[name], attributes[name])
        assert got[name].dtype == attributes[name].dtype and not got[name].flags.writeable
    assert got["tensor"].array().tolist() == [0, 1, 2]
    assert got["settings"] == {"a": {"b": [1, (2, None)]}}
    assert got["set"] == {"a", "b"} and got["size"] == (1, 2)
    assert got["dtype"] == Opaque("torch.float32") and got["device"] == Opaque("torch.device")
    assert got["module"] == Opaque("torch_utils.persistence._reconstruct_persistent_obj")


def test_the_other_networks_are_not_looked_at(tmp_path):
    """Their storages may be rubbish: nobody reads them."""
    rubbish = Call("torch.storage._load_from_bytes", b"rubbish")
    bad = module("D", {"w": Call("torch._utils._rebuild_tensor_v2", rubbish, 0, (1,), (1,))})
    (tmp_path / "a.pkl").write_bytes(whole({"G": bad, "D": bad, "G_ema": module()}))
    assert read_network(tmp_path / "a.pkl").class_name == "Generator"
    with pytest.raises(CheckpointError):
        read_network(tmp_path / "a.pkl", "D")


def test_the_file_may_go_while_its_arrays_live(tmp_path):
    path = saved(tmp_path / "a.pkl", Persistent("Generator", {"w": torch.arange(1000.0)}))
    array = read_network(path).parameters["w"].array()
    if os.name == "posix":
        path.unlink()
    assert array.sum() == 499500
    assert not array.flags.owndata and not array.flags.writeable


SNAPSHOT = "choose a snapshot of stylegan2-ada-pytorch or stylegan3"
REFUSED = {
    "only D": ({"D": module("Discriminator")}, r"without the network 'G_ema' \(it holds 'D'\)"),
    "empty": ({}, r"it holds none"),
    "odd keys": ({1: module(), None: module(), 0.5: 1}, "it holds none"),
    "no G_ema": ({"G": module(), "G_ema": None}, r"\(it holds 'G'\)"),
    "D alone": (module("Discriminator"), "class 'Discriminator', not a Generator"),
    "fork": ({"G_ema": module("TriPlane")}, "class 'TriPlane', not a Generator"),
    "list": ([1, 2], "a pickle of the type list, which is no network"),
    "text": ("hello", "a pickle of the type str"),
    "settings": (Call("dnnlib.util.EasyDict"), "a pickle of 'dnnlib.util.EasyDict', which is no"),
    "state dict": ({"G_ema": {"w": 1}}, r"without the network 'G_ema'"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_other_pickles_are_called_what_they_are(tmp_path, case):
    value, words = REFUSED[case]
    path = tmp_path / "a.pkl"
    path.write_bytes(whole(value))
    with pytest.raises(CheckpointError, match=words) as caught:
        read_network(path)
    assert str(caught.value).startswith(f"{path} ") and "choose a snapshot" in str(caught.value)


def test_tensorflow_pickles_come_with_advice(tmp_path):
    path = tmp_path / "a.pkl"
    for name in ("dnnlib.tflib.network.Network", "tfutil.Network"):
        network = Call(name, state={"variables": [("w", b"x" * 100)]})
        path.write_bytes(whole((network, network, network)))
        with pytest.raises(CheckpointError, match=r"TensorFlow pickle.*with legacy\.py"):
            read_network(path)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"\x89PNG\r\n\x1a\n", "is a PNG picture; choose a pickle"),
        (b"<html>404", "is a web page"),
        (bytes(10), "not a file that latentstudio knows"),
        (pickle.dumps([1], 0), "is a text"),
        (b"\x80\x06N.", "newer kind than 5"),
    ],
)
def test_files_that_are_no_pickles(tmp_path, content, words):
    path = tmp_path / "a.pkl"
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match=words):
        read_network(path)


def test_no_file(tmp_path):
    with pytest.raises(CheckpointError, match="There is no file"):
        open_mapped(tmp_path / "a.pkl")
    with pytest.raises(CheckpointError, match="is a folder or device"):
        read_network(tmp_path)


def test_a_network_without_its_call(tmp_path):
    path = tmp_path / "a.pkl"
    for meta in [(), (1,), ({},), ({"state": 1},), ({}, {}), (Name("torch.device"),)]:
        path.write_bytes(whole({"G_ema": persistent(*meta)}))
        with pytest.raises(CheckpointError, match="a part of its network has no state"):
            read_network(path)
