"""How much higher than wide a pixel is (PS3.3 C.7.6.3.1.7): by its spacing, else by Pixel Aspect
Ratio, else square."""

from imaging.pixels.image_file import ImageFile

_MOST = 20.0


def pixel_aspect(image: ImageFile, index: int = 0) -> float:
    """Height of a pixel divided by its width; 1 when the file says nothing believable."""
    pair = image.facts(index).spacing or ()
    if len(pair) != 2:
        pair = tuple(image.dataset.numbers("PixelAspectRatio"))
    if len(pair) != 2 or min(pair) <= 0:
        return 1.0
    ratio = pair[0] / pair[1]
    return ratio if 1 / _MOST <= ratio <= _MOST else 1.0
