"""A chest after contrast, from the upper abdomen to the lower neck, in Hounsfield units."""

import math

import numpy as np

from demo.phantoms.grid import Grid, Mask, Point

FAT, MUSCLE, BLOOD, LUNG, AIR = -95, 55, 190, -860, -1000
CORTEX, MARROW, DISC, LIVER = 680, 220, 85, 105


def chest(shape: tuple[int, int, int] = (168, 512, 512), *, seed: int = 7) -> Grid:
    """An ideal (noise-free) chest; 2 mm slices, 370 mm field of view at the default shape."""
    height_mm = 336.0
    grid = Grid(shape, (height_mm / shape[0], 370 / shape[1], 370 / shape[2]))
    random = np.random.default_rng(seed)
    _trunk(grid, height_mm)
    lungs = _lungs(grid)
    _abdomen(grid)
    _mediastinum(grid)
    _vessels(grid, lungs & (grid.values == LUNG), random)
    _airways(grid)
    _spine(grid)
    _ribs(grid)
    _shoulders(grid)
    grid.ellipsoid((-78, 22, 205), (5.5, 5, 5.5), 35)  # a nodule for the reader to find
    _table(grid, height_mm)
    return grid


def _trunk(grid: Grid, height_mm: float) -> None:
    y, x = grid.axis(1)[:, None], grid.axis(2)[None, :]
    for index, z in enumerate(grid.axis(0)):
        up = max(0.0, (z - 255) / (height_mm - 255))  # the shoulders narrow into the neck
        a, b = 168 - 70 * up**2.2, 112 - 34 * up**1.6
        skin = np.abs(x / a) ** 2.4 + np.abs(y / b) ** 2.3
        fat = 15 - 6 * up
        inner = np.abs(x / (a - fat)) ** 2.4 + np.abs((y - 1) / (b - fat)) ** 2.3
        plane = grid.values[index]
        plane[skin <= 1] = FAT
        plane[inner <= 1] = MUSCLE
        plane[(skin <= 1) & (np.abs(x / (a - 2)) ** 2.4 + np.abs(y / (b - 2)) ** 2.3 > 1)] = 30


def _lungs(grid: Grid) -> Mask:
    """Two lungs on their diaphragms; returns their mask."""
    before = grid.values.copy()
    for side in (-1, 1):
        grid.ellipsoid((side * 72, 4, 165), (58, 82, 148), LUNG, power=2.35)
    body: Mask = before != grid.values
    # the domes of the diaphragm: the right one stands higher
    grid.ellipsoid((-78, 0, 20), (76, 92, 78), MUSCLE)
    grid.ellipsoid((78, 6, 8), (74, 90, 74), MUSCLE)
    grid.values[(before == -1000) & body] = -1000
    return body


def _abdomen(grid: Grid) -> None:
    grid.ellipsoid((-66, -2, 18), (72, 84, 72), LIVER, power=2.2)
    for i in range(5):  # veins of the liver
        grid.capsule((-20 - 8 * i, 10, 12 + 6 * i), (-95 + 9 * i, -34 + 16 * i, 34), 3.2, 165)
    grid.ellipsoid((92, 42, 24), (30, 36, 38), 125)  # spleen
    grid.ellipsoid((56, -28, 16), (42, 40, 46), 28)  # stomach
    grid.ellipsoid((58, -48, 34), (26, 18, 20), -950)  # its air
    for side in (-1, 1):
        grid.ellipsoid((side * 58, 52, -6), (24, 27, 34), 150)  # kidneys


def _mediastinum(grid: Grid) -> None:
    grid.ellipsoid((2, 8, 190), (36, 74, 150), -70, power=2.4)  # fat between the lungs
    grid.ellipsoid((0, 60, 170), (44, 44, 190), MUSCLE)  # muscle beside the spine
    grid.ellipsoid((24, -22, 116), (66, 54, 54), -60)  # pericardial fat
    grid.ellipsoid((26, -20, 116), (60, 48, 48), 75)  # myocardium
    grid.ellipsoid((44, -14, 110), (29, 27, 32), BLOOD)  # left ventricle
    grid.ellipsoid((2, -34, 112), (28, 22, 32), 165)  # right ventricle
    grid.ellipsoid((-24, -14, 122), (22, 26, 30), 160)  # right atrium
    grid.ellipsoid((18, 18, 138), (28, 17, 20), BLOOD)  # left atrium
    arch = [
        (8.0, -18.0, 140.0), (-12.0, -26.0, 165.0), (-14.0, -24.0, 190.0), (-8.0, -18.0, 212.0),
        (2.0, -4.0, 224.0), (14.0, 14.0, 224.0), (22.0, 30.0, 212.0), (24.0, 38.0, 190.0),
        (22.0, 42.0, 140.0), (16.0, 44.0, 80.0), (10.0, 42.0, -5.0),
    ]  # fmt: skip
    grid.tube(arch, 13.5, BLOOD + 10)
    for start, end, radius in (
        ((-26, -26, 150), (-28, -26, 250), 9.0),  # superior vena cava
        ((-26, -6, 120), (-22, 6, -5), 11.0),  # inferior vena cava
        ((14, -34, 150), (10, -14, 178), 13.0),  # pulmonary trunk
        ((10, -12, 180), (-42, 6, 178), 10.0),
        ((10, -12, 180), (48, 16, 182), 10.0),
        ((-6, -16, 222), (-20, -16, 300), 6.0),  # great arteries
        ((4, -6, 226), (6, -6, 320), 4.5),
        ((14, 8, 226), (24, 2, 320), 5.0),
    ):
        grid.capsule(start, end, radius, BLOOD)
    grid.tube([(2, 30, 0), (0, 30, 120), (2, 26, 220), (2, 18, 330)], 7.0, 48)  # oesophagus
    grid.ellipsoid((0, -14, 318), (30, 16, 22), 120)  # thyroid


def _vessels(grid: Grid, lung: Mask, random: np.random.Generator) -> None:
    """A tree of arteries and veins on each side that thins with each division."""
    for side, hilum in ((-1, (-36.0, 8.0, 176.0)), (1, (40.0, 14.0, 180.0))):
        for _ in range(22):
            direction = random.normal(size=3) * (0.6, 1.0, 1.3) + (side * 0.75, 0, 0)
            _branch(grid, lung, hilum, direction, 4.6, 30.0, random)


def _branch(
    grid: Grid,
    lung: Mask,
    start: Point,
    direction: np.ndarray,
    radius: float,
    length: float,
    random: np.random.Generator,
) -> None:
    if radius < 0.75:
        return
    unit = direction / (np.linalg.norm(direction) or 1.0)
    end = tuple(float(s + d * length) for s, d in zip(start, unit, strict=True))
    grid.capsule(start, end, radius, 45 + int(60 * min(radius, 2)), only=lung)  # type: ignore[arg-type]
    for _ in range(2):
        turned = unit + random.normal(size=3) * 0.42
        _branch(grid, lung, end, turned, radius * 0.7, length * 0.8, random)  # type: ignore[arg-type]


def _airways(grid: Grid) -> None:
    carina: Point = (-2, 10, 190)
    trunk: list[tuple[Point, Point, float]] = [
        ((0, -2, 336), carina, 9.0),
        (carina, (-34, 12, 166), 7.0),
        (carina, (38, 16, 160), 6.2),
        ((-34, 12, 166), (-62, 24, 122), 4.2),
        ((-34, 12, 166), (-64, -4, 196), 3.6),
        ((-62, 24, 122), (-74, 44, 88), 2.6),
        ((38, 16, 160), (66, 30, 118), 4.0),
        ((38, 16, 160), (66, -2, 196), 3.4),
        ((66, 30, 118), (80, 44, 84), 2.6),
    ]
    for start, end, radius in trunk:
        grid.capsule(start, end, radius + 1.6, 25)
    for start, end, radius in trunk:
        grid.capsule(start, end, radius, AIR)


def _spine(grid: Grid) -> None:
    top = grid.shape[0] * grid.spacing_mm[0]
    for level in range(int(top // 25) + 1):
        z = 8.0 + 25 * level
        wide = 21 - 6 * (z / top)
        y = 58.0 - 8 * math.sin(math.pi * z / top)
        grid.ellipsoid((0, y, z + 12), (wide - 1, wide * 0.78, 4), DISC, power=2.6)
        grid.ellipsoid((0, y, z), (wide, wide * 0.8, 10.6), CORTEX, power=2.8)
        grid.ellipsoid((0, y, z), (wide - 1.7, wide * 0.8 - 1.7, 9.2), MARROW, power=2.8)
        for side in (-1, 1):
            grid.capsule((side * 11, y + 15, z), (side * 15, y + 25, z + 1), 4.2, CORTEX - 120)
            grid.capsule((side * 13, y + 26, z + 1), (side * 40, y + 33, z + 6), 4.4, CORTEX - 150)
            grid.capsule((side * 12, y + 28, z), (0, y + 35, z - 3), 3.2, CORTEX)
        grid.capsule((0, y + 34, z - 3), (0, y + 52, z - 14), 3.4, CORTEX - 100)
    canal = [
        (0.0, 58.0 - 8 * math.sin(math.pi * z / top) + 25, float(z)) for z in range(0, int(top), 8)
    ]
    grid.tube(canal, 8.6, 22)
    grid.tube(canal, 4.4, 42)


def _ribs(grid: Grid) -> None:
    for number in range(12):
        spine_z = 296.0 - 24.5 * number
        if spine_z < -40:
            break
        grow = math.sin(math.pi * min(1.0, (number + 2.2) / 12))
        a, b = 74 + 62 * grow, 58 + 40 * grow
        reach = 0.94 if number < 7 else 0.86 - 0.13 * (number - 7)
        for side in (-1, 1):
            path: list[Point] = []
            for step in range(35):
                angle = math.pi * reach * step / 34
                drop = (34 + 30 * grow) * math.sin(angle / 2) ** 1.3
                path.append(
                    (
                        side * (8 + a * math.sin(angle)),
                        4 + b * math.cos(angle) * 0.98,
                        spine_z - drop,
                    )
                )
            grid.tube(path, 5.2, CORTEX + 40)
            grid.tube(path, 3.2, MARROW)
    grid.ellipsoid((0, -90, 186), (17, 6, 66), CORTEX - 60, power=3)  # sternum
    grid.ellipsoid((0, -90, 186), (15, 4, 64), 160, power=3)


def _shoulders(grid: Grid) -> None:
    for side in (-1, 1):
        clavicle = [
            (side * 14.0, -66.0, 262.0),
            (side * 60.0, -58.0, 282.0),
            (side * 112.0, -22.0, 292.0),
        ]
        grid.tube(clavicle, 6.0, CORTEX)
        grid.tube(clavicle, 3.6, MARROW)
        for step in range(12):  # the blade of the scapula
            z = 176.0 + 9 * step
            grid.capsule(
                (side * (84 + 1.5 * step), 88 - 1.2 * step, z),
                (side * 128, 58, z),
                3.0,
                CORTEX - 180,
            )


def _table(grid: Grid, height_mm: float) -> None:
    y, x = grid.axis(1)[:, None], grid.axis(2)[None, :]
    arc = 128 - (x / 190) ** 2 * 26
    shell = (np.abs(y - arc) < 1.6) & (np.abs(x) < 178)
    filling = (y > arc + 1.6) & (y < arc + 24) & (np.abs(x) < 172)
    empty = grid.values == -1000
    grid.values[empty & filling[None]] = -930
    grid.values[empty & shell[None]] = -250
