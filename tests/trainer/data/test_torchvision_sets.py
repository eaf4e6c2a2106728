"""torchvision by name, with a stand-in for it: tests download nothing."""

from __future__ import annotations

import sys
import types

import numpy as np
import pytest
from PIL import Image

from latentstudio.data.decode import PictureError
from latentstudio.data.errors import DataError
from trainer.data import torchvision_sets
from trainer.data.dataset import open_dataset
from trainer.data.source import open_source


class VisionDataset:
    def __len__(self):
        return 4

    def __getitem__(self, index):
        return Image.new("RGB", (10, 8), (index, 0, 0)), index % 2


class Toys(VisionDataset):
    """As CIFAR10."""

    classes = ("car", "boat")
    targets = (0, 1, 0, 1)

    def __init__(self, root, train=True, transform=None, download=False):
        assert train and download
        self.root = root


class Plants(VisionDataset):
    """As Flowers102: other names, no download."""

    def __init__(self, root, split="train"):
        self._labels = np.array([5, 0, 1, 2])


class Views(VisionDataset):
    """Without classes; numbers below 0 mean that there is none."""

    def __init__(self, root):
        self.targets = [-1, 0, 1, 2]


class Offline(VisionDataset):
    def __init__(self, root, download=False):
        raise RuntimeError("Dataset not found\nor corrupted.")


class Strange(VisionDataset):
    def __init__(self, root):
        pass

    def __getitem__(self, index):
        if index:
            raise ValueError("no such picture")
        return np.zeros(3), 0


@pytest.fixture(autouse=True)
def stand_in(monkeypatch):
    module = types.ModuleType("torchvision.datasets")
    for kind in (VisionDataset, Toys, Plants, Views, Offline, Strange):
        setattr(module, kind.__name__, kind)
    monkeypatch.setitem(sys.modules, "torchvision", types.ModuleType("torchvision"))
    monkeypatch.setitem(sys.modules, "torchvision.datasets", module)


def test_training_part_is_downloaded_and_labelled(tmp_path):
    source = open_source("torchvision:Toys", tmp_path)
    assert source._set.root == str(tmp_path / "torchvision")
    assert source.labels.attributes[0].values == ("car", "boat")
    data = open_dataset("torchvision:Toys", 8, tmp_path, condition="class")
    assert data.images[:, 0, 0, 0].tolist() == [0, 1, 2, 3]
    assert data.labels["class"].tolist() == [0, 1, 0, 1] and data.num_classes == 2


def test_classes_without_names_are_numbered(tmp_path):
    labels = open_source("torchvision:Plants", tmp_path).labels
    assert labels.attributes[0].values == ("0", "1", "2", "3", "4", "5")
    source = open_source("torchvision:Views", tmp_path)
    assert not source.labels.attributes and "no classes" in source.note


def test_failures_are_one_sentence(tmp_path, monkeypatch):
    with pytest.raises(DataError, match=r"no data set 'Toyz': Toys\?"):
        open_source("torchvision:Toyz", tmp_path)
    with pytest.raises(DataError, match=r"no data set 'sys'"):
        open_source("torchvision:sys", tmp_path)
    with pytest.raises(DataError, match=r"Offline cannot be opened in .*: Dataset not found"):
        open_source("torchvision:Offline", tmp_path)
    monkeypatch.setitem(sys.modules, "torchvision.datasets", None)
    with pytest.raises(DataError, match="pip install torchvision"):
        open_source("torchvision:Toys", tmp_path)


def test_torchvision_for_another_torch_is_said(tmp_path, monkeypatch):
    def broken(name):
        raise RuntimeError("operator torchvision::nms does not exist")

    monkeypatch.setattr(torchvision_sets.importlib, "import_module", broken)
    with pytest.raises(DataError, match="does not fit the installed torch"):
        open_source("torchvision:Toys", tmp_path)


def test_what_is_no_picture_is_a_reason(tmp_path):
    source = open_source("torchvision:Strange", tmp_path)
    with pytest.raises(PictureError, match="is a ndarray"):
        source.picture(0)
    with pytest.raises(PictureError, match="no such picture"):
        source.picture(1)
