"""Stand-ins for the published weights: the same names and shapes, random numbers.

States are made once and shared: copy a dict before you change it, and never write into a tensor.
"""

import functools
import hashlib
import math
from pathlib import Path

import numpy as np
import torch

from latentstudio.checkpoints.torch_state import Weights
from latentstudio.metrics.spaces.inception_network import Inception
from latentstudio.metrics.spaces.known_weights import KNOWN
from latentstudio.metrics.spaces.vgg import VGG16, WIDTHS


class Invented(Weights):
    """Makes up every tensor that a network takes, and keeps it."""

    def __init__(self, seed):
        super().__init__({}, Path("invented"), "an invented network")
        self.random, self.state = np.random.RandomState(seed), {}

    def take(self, name, *shape):
        if name.endswith("running_var"):
            values = self.random.uniform(0.5, 1.5, shape)
        elif name.endswith("bn.weight"):
            values = self.random.uniform(0.8, 1.2, shape)
        elif len(shape) > 1:
            values = self.random.standard_normal(shape) * math.sqrt(2 / math.prod(shape[1:]))
        else:
            values = self.random.standard_normal(shape) * 0.1
        self.state[name] = torch.from_numpy(np.asarray(values, np.float32))
        return self.state[name].numpy()

    def __contains__(self, name):
        return False


@functools.cache
def inception_state():
    invented = Invented(0)
    Inception(invented)
    norms = [name.removesuffix("weight") for name in invented.state if name.endswith("bn.weight")]
    counters = {f"{name}num_batches_tracked": torch.tensor(0) for name in norms}
    return invented.state | counters


@functools.cache
def vgg_state():
    """Of the convolutions alone: the rest has 120 million numbers."""
    invented = Invented(0)
    VGG16(invented)
    return invented.state


def linear_state():
    random = np.random.RandomState(0)
    return {
        f"lin{i}.model.1.weight": torch.from_numpy(
            np.float32(random.uniform(0, 1, (1, width, 1, 1)))
        )
        for i, width in enumerate(WIDTHS)
    }


def weights_of(state):
    return Weights(state, Path("some.pth"), "the network")


def known_as(name, path):
    """The known file of that name, as if the one at ``path`` were what was published."""
    content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    return KNOWN[name]._replace(size=len(content), sha256=digest)
