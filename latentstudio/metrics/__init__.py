"""What a picture, or a set of them, is worth: feature spaces, distances, attributes. No Qt.

For features of one's own, tables [n, d] of torch or numpy, there are ``fid(real, fake)``,
``kid(real, fake)``, ``precision_recall(real, fake, k=3)``,
``density_coverage(real, fake, k=3)`` and ``inception_score(logits, splits=10)``
(:mod:`latentstudio.metrics.api`). Each answer has ``.value``, ``.stderr`` and ``.n``; pairs also
have ``.precision`` and ``.recall``, or ``.density`` and ``.coverage``.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from latentstudio.metrics.api import (
        density_coverage,
        fid,
        inception_score,
        kid,
        precision_recall,
    )

__all__ = ["density_coverage", "fid", "inception_score", "kid", "precision_recall"]


def __getattr__(name: str) -> Any:
    # Late, so that what needs no torch does not wait for it.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from latentstudio.metrics import api

    return getattr(api, name)
