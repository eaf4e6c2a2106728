"""Feature spaces by name and by file, with invented weights in place of the published ones."""

import math

import pytest
import torch

from latentstudio.checkpoints.bundled import bundled_features
from latentstudio.metrics.spaces.features import ClassifierFeatures
from latentstudio.metrics.spaces.known_weights import KNOWN, SpaceError
from latentstudio.metrics.spaces.register import known, open_space
from latentstudio.metrics.spaces.weights import weights_folder
from tests.metrics.published import inception_state, known_as, linear_state, vgg_state


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A folder with invented weights for Inception and LPIPS, and what is known of them."""
    folder = tmp_path_factory.mktemp("weights")
    states = {"inception": inception_state(), "vgg16": vgg_state(), "lpips": linear_state()}
    for name, state in states.items():
        torch.save(state, folder / KNOWN[name].file)
    return folder, {name: known_as(name, folder / KNOWN[name].file) for name in states}


@pytest.fixture
def folder(files, monkeypatch):
    for name, file in files[1].items():
        monkeypatch.setitem(KNOWN, name, file)
    return files[0]


def save(path, state):
    torch.save(state, path)
    return path


def test_what_is_at_hand_on_a_fresh_install():
    spaces = {space.name: space for space in known()}
    assert list(spaces) == ["portraits", "inception", "inception-clean", "vgg16", "lpips"]
    assert [space.ready for space in spaces.values()] == [True, False, False, False, False]
    assert spaces["portraits"].path == bundled_features("portraits")
    assert spaces["portraits"].help == ""
    assert "latentstudio weights fetch inception" in spaces["inception-clean"].help
    assert str(weights_folder()) in spaces["inception"].help
    assert spaces["lpips"].missing == ("lpips", "vgg16")
    assert not spaces["lpips"].for_sets and spaces["vgg16"].for_sets


def test_what_is_at_hand_with_weights(folder):
    assert all(space.ready and space.path and not space.missing for space in known(folder))


def test_a_file_that_is_cut_short_is_not_ready(folder, tmp_path):
    content = (folder / KNOWN["inception"].file).read_bytes()
    (tmp_path / KNOWN["inception"].file).write_bytes(content[:-1])
    inception = known(tmp_path)[1]
    assert not inception.ready and inception.missing == ("inception",)
    with pytest.raises(SpaceError, match="cut short"):
        open_space("inception", folder=tmp_path)


@pytest.mark.parametrize("name", ["auto", "portraits"])
def test_the_bundled_space(name):
    space = open_space(name)
    assert isinstance(space, ClassifierFeatures) and space.name == "portraits"
    assert open_space(bundled_features("portraits")).content_hash == space.content_hash


def test_published_spaces_by_name_and_by_file(folder):
    named = {name: open_space(name, folder=folder) for name in ("inception", "inception-clean")}
    assert all(space.name == name for name, space in named.items())
    pointed = open_space(folder / KNOWN["inception"].file)
    assert pointed.content_hash == named["inception"].content_hash
    assert pointed.content_hash != named["inception-clean"].content_hash
    lpips = open_space(str(folder / KNOWN["lpips"].file), folder=folder)
    assert lpips.name == "lpips"
    assert lpips.content_hash == open_space("lpips", folder=folder).content_hash
    assert torch.equal(lpips(torch.zeros(1, 3, 16, 16)), lpips(torch.zeros(1, 1, 16, 16)))


def test_absent_weights_say_how_to_get_them(folder):
    for name in ("inception", "vgg16", "lpips"):
        with pytest.raises(SpaceError, match=f"is not on this computer.*fetch {name}"):
            open_space(name)
    # The second file of LPIPS, when a person points to the first.
    with pytest.raises(SpaceError, match="VGG16 network is not on this computer"):
        open_space(folder / KNOWN["lpips"].file)


def test_a_tampered_network_is_not_opened(folder, tmp_path):
    content = bytearray((folder / KNOWN["inception"].file).read_bytes())
    content[len(content) // 2] ^= 1
    tampered = tmp_path / KNOWN["inception"].file
    tampered.write_bytes(content)
    for spec in ("inception", tampered):
        with pytest.raises(SpaceError, match="tampered with"):
            open_space(spec, folder=tmp_path)


def test_a_network_of_numbers_that_are_not_finite(folder, tmp_path, monkeypatch):
    state = torch.load(folder / KNOWN["inception"].file, weights_only=True)
    state["Conv2d_2a_3x3.conv.weight"] *= math.nan
    path = save(tmp_path / KNOWN["inception"].file, state)
    monkeypatch.setitem(KNOWN, "inception", known_as("inception", path))
    with pytest.raises(SpaceError, match="Conv2d_2a_3x3 are not finite"):
        open_space("inception", folder=tmp_path)


@pytest.mark.parametrize(
    ("names", "says"),
    [
        (("Mixed_7c.branch_pool.conv.weight", "fc.weight"), "such as torchvision's"),
        (("Mixed_7c.branch_pool.conv.weight",), "not the Inception network of 2015-12-05"),
        (("features.28.weight",), "VGG16 with other weights"),
        (("main.0.weight",), "no feature space that is known here"),
    ],
)
def test_other_pytorch_files(tmp_path, names, says):
    path = save(tmp_path / "w.pth", {name: torch.ones(1000, 2) for name in names})
    with pytest.raises(SpaceError, match=says) as caught:
        open_space(path)
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)


def test_a_file_that_would_run_code_is_not_opened(tmp_path):
    path = save(tmp_path / "w.pth", torch.nn.Linear(2, 2))
    with pytest.raises(SpaceError, match="could run code"):
        open_space(path)


@pytest.mark.parametrize(
    ("content", "says"), [(b"", "is empty"), (b"\x89PNG\r\n\x1a\n", "a PNG picture")]
)
def test_files_of_other_kinds(tmp_path, content, says):
    path = tmp_path / "x"
    path.write_bytes(content)
    with pytest.raises(SpaceError, match=says):
        open_space(path)


def test_names_that_are_none(tmp_path):
    with pytest.raises(SpaceError, match=r"'clip' is no feature space and no file.*inception"):
        open_space("clip")
    with pytest.raises(SpaceError, match="no file"):
        open_space(tmp_path / "absent")
