"""The two containers of ``torch.save``, checked before torch reads them: zip and what preceded it.

Since PyTorch 1.6 a file is a zip archive whose members are stored as they are: ``NAME/data.pkl``
and one ``NAME/data/KEY`` for each storage. Before, it was five pickles (magic number, version,
sizes, the object, the storages' keys), then each storage's length and numbers.
"""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path
from typing import BinaryIO

from latentstudio.checkpoints.errors import CheckpointError
from latentstudio.checkpoints.layout import MAX_TENSORS, damaged
from latentstudio.checkpoints.legacy_storage import MAGIC, VERSION
from latentstudio.checkpoints.torch_claims import MAX_PICKLE, ClaimError, Storage, dry_run

_END, _END64, _LOCATOR = b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07"
_TAIL = 56 + 20 + 22  # bytes of the three records at the end of an archive, in this order
_MAX_DIRECTORY = 4 << 20  # bytes: some hundred for each member


def check_zip(file: BinaryIO, size: int, path: Path) -> None:
    """Refuse a zip archive that is not as ``torch.save`` writes it, or claims more than it holds.

    Parameters
    ----------
    file, size
        The open file and its bytes.
    path
        For the sentences.

    Raises
    ------
    CheckpointError
        One sentence.
    """
    _check_end(file, size, path)
    try:
        archive = zipfile.ZipFile(file)
        members = _members(archive.infolist(), size, path)
        if "constants.pkl" in members or any(name.startswith("code/") for name in members):
            raise CheckpointError(
                f"{path} is a TorchScript program, which would run when opened: save the state"
                " dict of its generator with torch.save"
            )
        if "data.pkl" not in members or members["data.pkl"].file_size > MAX_PICKLE:
            raise damaged(path, "its description is absent or too large")
        pickled = archive.read(members["data.pkl"])
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        if isinstance(error, CheckpointError):
            raise
        raise damaged(path, "its zip archive cannot be read") from error
    storages: dict[str, Storage] = {}
    try:
        dry_run(io.BytesIO(pickled), storages)
    except ClaimError as error:
        raise CheckpointError(f"{path} {error}") from error
    for key, storage in storages.items():
        member = members.get(f"data/{key}")
        if member is None or member.file_size != storage.count * storage.item_size:
            raise damaged(path, "a storage is absent or not as long as its description says")


def check_legacy(file: BinaryIO, size: int, path: Path) -> None:
    """Refuse a file of the older kind that is not as ``torch.save`` wrote it; see above."""
    file.seek(0)
    storages: dict[str, Storage] = {}
    try:
        head = [dry_run(file, {}) for _ in range(3)]
        if head[:2] != [MAGIC, VERSION]:
            raise damaged(path, "it begins like a PyTorch file, but is none")
        dry_run(file, storages)
        keys = dry_run(file, {})
    except ClaimError as error:
        raise CheckpointError(f"{path} {error}") from error
    if sorted(keys) != sorted(storages) if _texts(keys) else True:
        raise damaged(path, "its storages are not those that its description names")
    for key in keys:
        count = int.from_bytes(file.read(8), "little")
        end = file.tell() + storages[key].count * storages[key].item_size
        if end > size:
            raise CheckpointError(f"{path} is cut short: copy or download it again")
        if count != storages[key].count:
            raise damaged(path, "a storage is not as long as its description says")
        file.seek(end)
    file.seek(0)


def _check_end(file: BinaryIO, size: int, path: Path) -> None:
    """Refuse what readers of zip archives might understand differently."""
    file.seek(max(0, size - _TAIL))
    tail = file.read(_TAIL).rjust(_TAIL, b"\0")
    if tail[76:80] != _END or tail[96:] != b"\0\0":
        raise CheckpointError(f"{path} is cut short or has something added: download it again")
    length, begin = int.from_bytes(tail[88:92], "little"), int.from_bytes(tail[92:96], "little")
    end = size - 22
    if tail[56:60] == _LOCATOR:
        end = size - _TAIL
        if tail[:4] != _END64 or int.from_bytes(tail[64:72], "little") != end:
            raise damaged(path, "the end of its zip archive is not as torch.save writes it")
        length, begin = (int.from_bytes(tail[i : i + 8], "little") for i in (40, 48))
    if length > _MAX_DIRECTORY or begin + length != end:
        raise damaged(path, "the list of its members is too long or in the wrong place")


def _members(infos: list[zipfile.ZipInfo], size: int, path: Path) -> dict[str, zipfile.ZipInfo]:
    """The members by name below the common folder."""
    folder = infos[0].filename.split("/")[0] + "/" if infos else ""
    members: dict[str, zipfile.ZipInfo] = {}
    seen: set[str] = set()
    for info in infos:
        name = info.orig_filename
        if info.compress_type != zipfile.ZIP_STORED or info.flag_bits & 1:
            raise CheckpointError(
                f"{path} is a compressed or encrypted zip archive, as torch.save writes none:"
                " unpack it, or save it again"
            )
        if info.compress_size != info.file_size or info.header_offset + info.file_size > size:
            raise damaged(path, "its zip archive says that it holds more than it does")
        if not re.fullmatch(r"[ -~]{1,200}", name) or not name.startswith(folder):
            raise damaged(path, "a member of its zip archive has a name that torch.save gives none")
        if name.lower() in seen:
            raise damaged(path, "two members of its zip archive have one name")
        seen.add(name.lower())
        members[name.removeprefix(folder)] = info
    if len(members) > MAX_TENSORS or sum(info.file_size for info in infos) > size:
        raise damaged(path, "its zip archive says that it holds more than it does")
    return members


def _texts(keys: object) -> bool:
    return isinstance(keys, list) and all(isinstance(key, str) for key in keys)
