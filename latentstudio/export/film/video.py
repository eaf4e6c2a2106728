"""MP4 (H.264) and WebM (VP9) through PyAV, which is imported late."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from latentstudio.document.film_text_boxes import MP4_UUID, mp4_box
from latentstudio.document.film_text_ebml import TAG_NAME
from latentstudio.export.film.errors import FilmError

if TYPE_CHECKING:
    from latentstudio.export.film.plan import Picture, Plan

HD_LINES = 720  # from here on players that read no flags take BT.709, below BT.601


class _Codec(NamedTuple):
    encoder: str
    name: str
    # A film's worst quality and its steps, in the codec's own measure (CRF).
    coarsest: float
    finer: float
    options: dict[str, str]
    container: dict[str, str]


_CODECS = {
    # One thread: the same bytes on every machine. The studio draws at the same time.
    "mp4": _Codec(
        "libx264", "H.264", 38.0, 0.25, {"preset": "veryfast"}, {"movflags": "+faststart"}
    ),
    "webm": _Codec(
        "libvpx-vp9", "VP9", 55.0, 0.4, {"deadline": "good", "cpu-used": "5", "b": "0"}, {}
    ),
}


def check_codec(kind: str) -> None:
    """Raise FilmError, one sentence, if this machine cannot encode ``mp4`` or ``webm``."""
    codec = _CODECS[kind]
    other = "choose GIF or WebP, which need none"
    try:
        import av
    except ImportError as error:
        raise FilmError(
            f"PyAV, which encodes {codec.name}, cannot be imported ({error}): install it with"
            f" pip install av, or {other}"
        ) from error
    try:
        av.Codec(codec.encoder, "w")
    except av.codec.codec.UnknownCodecError as error:
        raise FilmError(
            f"PyAV on this machine has no {codec.name} encoder ({codec.encoder}): install its own"
            f" wheel with pip install --force-reinstall av, or {other}"
        ) from error


def write_video(path: Path, plan: Plan, pictures: Iterable[Picture]) -> None:
    """Encode pictures in 4:2:0, flagged so that colours come back, with the timeline inside."""
    import av

    kind = plan.settings.format
    codec = _CODECS[kind]
    options = {"fflags": "+bitexact", **codec.container}  # no date, no random numbers
    container = av.open(str(path), "w", format=kind, options=options)
    try:
        if kind == "webm":
            container.metadata[TAG_NAME] = plan.text.decode()
        stream = _stream(container, plan, codec)
        for number, picture in enumerate(pictures):
            frame = _frame(picture, stream)
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    except BaseException:
        with suppress(Exception):  # the trailer of a file that nobody wants
            container.close()
        raise
    container.close()
    if kind == "mp4":
        with path.open("ab") as file:
            file.write(mp4_box(b"uuid", MP4_UUID + plan.text))


def _stream(container: Any, plan: Plan, codec: _Codec) -> Any:
    from av.codec.context import Flags
    from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc

    rate = plan.timeline.fps
    crf = f"{codec.coarsest - codec.finer * plan.settings.quality:g}"
    stream = container.add_stream(codec.encoder, rate=rate, options={**codec.options, "crf": crf})
    stream.width, stream.height = plan.settings.size
    stream.pix_fmt = "yuv420p"
    context = stream.codec_context
    context.time_base = 1 / rate
    context.thread_count = 1
    context.flags |= int(Flags.bitexact)
    lines = Colorspace.ITU709 if stream.height >= HD_LINES else Colorspace.ITU601
    context.colorspace = int(lines)
    context.color_range = int(ColorRange.MPEG)
    # What the generators' pictures are: sRGB.
    context.color_primaries = int(ColorPrimaries.BT709)
    context.color_trc = int(ColorTrc.IEC61966_2_1)
    return stream


def _frame(picture: Picture, stream: Any) -> Any:
    from av import VideoFrame
    from av.video.reformatter import ColorRange, Interpolation

    context = stream.codec_context
    exact = Interpolation.ACCURATE_RND | Interpolation.BITEXACT  # on every processor the same
    frame = VideoFrame.from_ndarray(picture.pixels, format="rgb24").reformat(
        format="yuv420p",
        dst_colorspace=context.colorspace,
        src_color_range=ColorRange.JPEG,
        dst_color_range=ColorRange.MPEG,
        interpolation=int(Interpolation.AREA | Interpolation.FULL_CHR_H_INP | exact),
    )
    frame.color_primaries, frame.color_trc = context.color_primaries, context.color_trc
    frame.time_base = context.time_base
    return frame
