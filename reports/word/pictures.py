"""Pictures that a document can hold: recognised by their content, and fitted into the type area."""

import io

from reports.word.blocks import Picture
from reports.word.profiles import Profile

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff"})
_EMU_PER_MM = 36_000
_HIGHEST = 0.8  # of the type area, so that a line of text stands with it


def picture_of(content: bytes, description: str = "", size_mm: tuple[float, float] | None = None) -> Picture | None:
    """A picture in the size that it asks for, or in another; None if it is of no format that Word files hold."""
    from docx.image.exceptions import InvalidImageStreamError, UnexpectedEndOfFileError, UnrecognizedImageError
    from docx.image.image import Image

    try:
        image = Image.from_blob(content)
        width, height = size_mm or (image.width / _EMU_PER_MM, image.height / _EMU_PER_MM)
    except (InvalidImageStreamError, UnexpectedEndOfFileError, UnrecognizedImageError, ZeroDivisionError):
        return None
    return Picture(content, width, height, description) if width > 0 and height > 0 else None


def fitted(picture: Picture, profile: Profile) -> tuple[float, float]:
    """Its width and height in millimetres in a document, no larger than there is room for."""
    scale = min(1.0, profile.type_width_mm / picture.width_mm, _HIGHEST * profile.type_height_mm / picture.height_mm)
    return picture.width_mm * scale, picture.height_mm * scale


def stream_of(picture: Picture) -> io.BytesIO:
    """Its content, to be read."""
    return io.BytesIO(picture.content)
