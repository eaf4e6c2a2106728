"""The pictures that are measured: drawn by a generator, or from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

from torch import Tensor

from latentstudio.document.sampling import Sampling
from latentstudio.generators.protocol import Generator
from latentstudio.latents.samples import draws_of, sample_images
from latentstudio.metrics.measure.kept import key_of

if TYPE_CHECKING:
    from latentstudio.data.pictures import Pictures


class Fakes(Protocol):
    """Numbered pictures, the same whenever they are asked for.

    Attributes
    ----------
    name, content_hash
        Of the checkpoint, or of the collection of pictures.
    title
        What a line of progress says of them.
    key
        Equal keys, equal pictures.
    sampling
        What they are drawn with; None for pictures from elsewhere.
    resolution
        Height and width in pixels; None where they differ.
    count
        How many there are; None for no limit.
    """

    @property
    def name(self) -> str: ...
    @property
    def content_hash(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def key(self) -> str: ...
    @property
    def sampling(self) -> Sampling | None: ...
    @property
    def resolution(self) -> int | None: ...
    @property
    def count(self) -> int | None: ...

    def batches(self, start: int, stop: int, size: int) -> Iterator[Tensor]:
        """Pictures ``start`` to ``stop - 1``: float32 [n <= size, c, H, W] in [-1, 1] each."""
        ...


class Drawn:
    """The samples of a generator.

    Parameters
    ----------
    generator
        In evaluation mode; unchanged, so that several threads may draw with it.
    sampling
        Names the generator by its content hash, and the difference that has tuned it.
    class_shares
        As in :meth:`~latentstudio.document.sampling.Sampling.draws`.
    """

    count = None

    def __init__(
        self, generator: Generator, sampling: Sampling, class_shares: Sequence[float] = ()
    ) -> None:
        self.generator, self.sampling = generator, sampling
        self.class_shares = tuple(class_shares)
        self.name = named(generator.name, sampling.difference)
        self.content_hash = generator.content_hash
        self.title = f"psi {sampling.truncation.psi:g}{', fine-tuned' * bool(sampling.difference)}"
        self.resolution = generator.resolution
        # Devices differ by rounding: what is repeated on another one is not looked up.
        self.key = key_of("drawn", sampling, self.class_shares, generator.device.type)

    def batches(self, start: int, stop: int, size: int) -> Iterator[Tensor]:
        """See :meth:`Fakes.batches`."""
        for first in range(start, stop, size):
            draws = draws_of(
                self.generator, self.sampling, first, min(stop, first + size), self.class_shares
            )
            yield sample_images(self.generator, self.sampling, draws)


def named(checkpoint: str, difference: str) -> str:
    """What to call a generator, by the name of its checkpoint and what has tuned it."""
    return f"{checkpoint}, fine-tuned ({difference[:8]}…)" if difference else checkpoint


class Given:
    """Pictures of a folder or an archive, taken for fakes.

    Parameters
    ----------
    pictures
        As :func:`~latentstudio.data.open_pictures` opens them.
    """

    sampling = None

    def __init__(self, pictures: Pictures) -> None:
        self.pictures = pictures
        self.name = self.title = pictures.name
        self.content_hash, self.key = pictures.fingerprint, key_of("given", pictures.fingerprint)
        self.resolution, self.count = pictures.resolution, pictures.count

    def batches(self, start: int, stop: int, size: int) -> Iterator[Tensor]:
        """See :meth:`Fakes.batches`; a sentence (DataError) where one does not decode."""
        for images in self.pictures.batches(size, start):
            yield images[: stop - start]
            start += len(images)
            if start >= stop:
                return
