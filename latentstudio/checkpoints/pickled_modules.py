"""Networks in the pickles of stylegan2-ada-pytorch and stylegan3, read without running them.

A snapshot is a pickled dictionary of networks. Only the chosen one is walked: the arrays of the
others are never read from disk.
"""

from __future__ import annotations

import mmap
from pathlib import Path
from typing import Any

from latentstudio.checkpoints.errors import CheckpointError, quoted
from latentstudio.checkpoints.layout import open_untrusted
from latentstudio.checkpoints.persistent_modules import MODULE, NAMES, Module, Walk
from latentstudio.checkpoints.pickle_machine import read_pickle
from latentstudio.checkpoints.pickle_records import ForbiddenNameError, Global, Reading, Record
from latentstudio.checkpoints.sniff import HEAD, describe

_TENSORFLOW = ("dnnlib.tflib.", "tfutil.")


def open_mapped(path: Path) -> memoryview:
    """Map a file from outside into memory; the views of it keep it mapped.

    As with any mapped file, cutting it while it is looked at would end the program.

    Raises
    ------
    CheckpointError
        No such file, no plain file, empty, or not readable.
    """
    with open_untrusted(path) as (file, size):
        if size == 0:
            raise CheckpointError(f"{path} is empty: copy or download it again")
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        if hasattr(mmap, "MADV_WILLNEED"):
            # The disk reads ahead while the instructions between the weights are interpreted.
            mapped.madvise(mmap.MADV_WILLNEED)
        return memoryview(mapped)


def read_network(path: Path, key: str = "G_ema") -> Module:
    """Read a network from a snapshot, or from a file that holds one network alone.

    Parameters
    ----------
    path
        A pickle of stylegan2-ada-pytorch or stylegan3.
    key
        Which network of the snapshot; ``G_ema`` is the averaged generator.

    Raises
    ------
    CheckpointError
        One sentence: no such pickle, no such network in it, not a generator, or damaged.
    """
    data = open_mapped(path)
    reading = Reading(path)
    if data[0] != 0x80:
        what = describe(bytes(data[:HEAD])) or "not a file that latentstudio knows"
        raise CheckpointError(
            f"{path} is {what}; choose a pickle of stylegan2-ada-pytorch or stylegan3"
        )
    try:
        value, _ = read_pickle(data, NAMES, reading)
    except ForbiddenNameError as error:
        if error.name.startswith(_TENSORFLOW):
            raise CheckpointError(
                f"{path} is a TensorFlow pickle of an older StyleGAN: convert it with legacy.py of"
                " stylegan2-ada-pytorch or stylegan3, and open the result"
            ) from error
        raise
    record = _chosen(value, key, path)
    module = Walk(reading, len(data)).module(record, 0)
    if module.class_name != "Generator":
        raise CheckpointError(
            f"{path} holds a network of the class {quoted(module.class_name)}, not a Generator of"
            " stylegan2-ada-pytorch or stylegan3: choose a snapshot of these"
        )
    return module


def _chosen(value: Any, key: str, path: Path) -> Record:
    network = value.get(key) if type(value) is dict else value
    if type(network) is Record and network.name == MODULE:
        return network
    if type(value) is dict:
        names = [
            quoted(name)
            for name, item in value.items()
            if type(name) is str and type(item) is Record and item.name == MODULE
        ]
        held = ", ".join(names[:4]) or "none"
        what = f"a pickle without the network {quoted(key)} (it holds {held})"
    else:
        what = f"a pickle of {_kind(value)}, which is no network"
    raise CheckpointError(
        f"{path} is {what}: choose a snapshot of stylegan2-ada-pytorch or stylegan3, which holds"
        " G, D and G_ema"
    )


def _kind(value: Any) -> str:
    if type(value) in (Global, Record):
        return quoted(value.name)
    return f"the type {type(value).__name__}"
