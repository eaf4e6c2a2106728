"""No pickle is ever executed: nothing in the programs calls what would execute one."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
UNPICKLERS = {"pickle", "_pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}


def calls(tree):
    """Every call in a module, with the full dotted name of what is called."""
    names = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                top = alias.name.split(".")[0]
                names[alias.asname or top] = alias.name if alias.asname else top
        elif isinstance(node, ast.ImportFrom) and not node.level:
            for alias in node.names:
                names[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            dotted = ast.unparse(node.func)
            first, _, rest = dotted.partition(".")
            yield node, ".".join(filter(None, [names.get(first, first), rest]))


def dangers(source):
    """Lines that could execute a pickle."""
    tree = ast.parse(source)
    found = []
    for node in ast.walk(tree):
        # Subclassing Unpickler or handing pickle.load on needs no call: any import will do.
        modules = []
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            modules = [node.module or ""]
        if any(module.split(".")[0] in UNPICKLERS for module in modules):
            found.append(node.lineno)
    for node, name in calls(tree):
        options = {key.arg: getattr(key.value, "value", None) for key in node.keywords}
        if name in ("torch.load", "torch.serialization.load"):
            if options.get("weights_only") is not True:
                found.append(node.lineno)
        elif name in ("torch.jit.load", "torch.hub.load", "torch.package.PackageImporter"):
            found.append(node.lineno)
        elif name in ("numpy.load", "numpy.lib.format.read_array"):
            if options.get("allow_pickle", False) is not False:
                found.append(node.lineno)
        elif name in ("eval", "exec", "__import__", "builtins.eval", "builtins.exec"):
            found.append(node.lineno)
    return found


FILES = sorted([*ROOT.glob("latentstudio/**/*.py"), *ROOT.glob("trainer/**/*.py")])


def test_there_are_files():
    assert len(FILES) > 20


@pytest.mark.parametrize("path", FILES, ids=[str(p.relative_to(ROOT)) for p in FILES])
def test_nothing_executes_a_pickle(path):
    assert dangers(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "import pickle as p\np.load(f)",
        "from pickle import Unpickler as U",
        "def f():\n    import dill",
        "import torch\ntorch.load(f)",
        "import torch as t\nt.load(f, weights_only=False)",
        "import torch\ntorch.load(f, weights_only=flag)",
        "from torch import load\nload(f, map_location='cpu')",
        "from torch import load as read\nread(f)",
        "import torch.serialization\ntorch.serialization.load(f)",
        "import torch\ntorch.jit.load(f)",
        "import numpy as np\nnp.load(f, allow_pickle=True)",
        "eval(text)",
    ],
)
def test_the_search_finds_it(source):
    assert dangers(source)


@pytest.mark.parametrize(
    "source",
    [
        "import torch\ntorch.load(f, weights_only=True)",
        "import json\njson.load(f)",
        "import numpy as np\nnp.load(f)",
        "model.eval()",
    ],
)
def test_the_search_is_not_afraid_of_everything(source):
    assert not dangers(source)
