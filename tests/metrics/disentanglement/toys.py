"""Codes and factors whose numbers can be worked out by hand."""

from __future__ import annotations

import itertools

import numpy as np

from latentstudio.data.attributes import Attribute
from latentstudio.metrics.disentanglement.factors import Factor


def normal(n, d, seed=0):
    return np.random.RandomState(seed).randn(n, d)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def every(levels, k, copies=1):
    """All combinations of k factors of that many levels: exactly independent [levels^k, k]."""
    return np.array(list(itertools.product(range(levels), repeat=k)) * copies, dtype=float)


def numbers(table):
    return [
        Factor.of(Attribute(name=f"number {i}", kind="continuous"), column)
        for i, column in enumerate(table.T)
    ]


def binary(probabilities):
    return [
        Factor.of(Attribute(name=f"binary {i}", kind="binary", values=("no", "yes")), column)
        for i, column in enumerate(probabilities.T)
    ]


def categorical(labels, classes):
    values = tuple("abcdefgh"[:classes])
    return [
        Factor.of(Attribute(name=f"class {i}", kind="categorical", values=values), column)
        for i, column in enumerate(labels.T)
    ]


def circle(angles, period=360.0):
    attribute = Attribute(name="hue", kind="continuous", high=period, period=period)
    return Factor.of(attribute, angles)


def mixed(codes):
    """One factor of each kind, each of a code of its own with some noise."""
    random = np.random.RandomState(9)
    noise = random.randn(len(codes), 2) * 0.5
    labels = np.digitize(codes[:, 2], [-0.5, 0.5])
    return [
        *numbers(codes[:, :1] + noise[:, :1]),
        *binary(sigmoid(3 * (codes[:, 1:2] + noise[:, 1:]))),
        *categorical(labels[:, None], 3),
        circle(100 * codes[:, 3]),
    ]
