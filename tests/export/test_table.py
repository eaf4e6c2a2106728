"""The CSV holds every number, in columns that stay, and reads back."""

import csv
import io

import pytest

from latentstudio.document.recipe import Noise, Truncation
from latentstudio.document.sampling import Sampling
from latentstudio.export.table import to_csv

COLUMNS = (
    "name,kind,psi [1],cutoff [layers],noise,label [class],mixing [share],seed,n [pictures],"
    "n_real [pictures],n_matched [pictures],fid [features²],fid low [features²],"
    "fid high [features²],fid_extrapolated [features²],fid_extrapolated low [features²],"
    "fid_extrapolated high [features²],kid [1],kid low [1],kid high [1],precision [share],"
    "precision low [share],precision high [share],recall [share],recall low [share],"
    "recall high [share],density [1],density low [1],density high [1],coverage [share],"
    "coverage low [share],coverage high [share],features,features_hash,data,data_hash,checkpoint"
)


def test_columns_stay():
    assert to_csv([], []) == COLUMNS + "\r\n"


def test_every_number_reads_back(quality):
    sampling = Sampling("ef" * 32, Truncation(0.1 + 0.2, 4), Noise("none"), label=2, mixing=0.5)
    one = quality(0.5, sampling=sampling, kind="interpolated", kid=1 / 3)
    text = to_csv([one, quality()], ['a, "b"\nc', "d"])
    first, second = csv.DictReader(io.StringIO(text, newline=""))
    assert (first["name"], second["name"]) == ('a, "b"\nc', "d")
    assert float(first["psi [1]"]) == 0.1 + 0.2 and float(first["kid [1]"]) == 1 / 3
    settings = [first[k] for k in ("kind", "cutoff [layers]", "noise", "label [class]", "seed")]
    assert settings == ["interpolated", "4", "none", "2", "0"]
    assert (second["cutoff [layers]"], second["label [class]"]) == ("", "")
    for field in ("fid", "precision", "recall", "density", "coverage"):
        unit = next(column for column in first if column.startswith(f"{field} ["))[len(field) :]
        low, high = getattr(one, f"{field}_interval")
        cells = [float(first[f"{field}{part}{unit}"]) for part in ("", " low", " high")]
        assert cells == [getattr(one, field), low, high]
    assert first["checkpoint"] == "ef" * 32 and first["data_hash"] == "cd" * 32


def test_what_is_no_number_is_an_empty_cell(quality):
    text = to_csv(
        [quality(fid_extrapolated=None, fid_extrapolated_interval=None, sampling=None)], ["x"]
    )
    (line,) = csv.DictReader(io.StringIO(text))
    empty = {name for name, cell in line.items() if cell == ""}
    assert "fid_extrapolated [features²]" in empty and "psi [1]" in empty
    assert "None" not in text and "nan" not in text.lower().replace("names", "")


def test_a_name_for_each(quality):
    with pytest.raises(ValueError, match="zip"):
        to_csv([quality()], [])
