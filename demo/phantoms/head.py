"""A head as tissues, and the two ways a scanner sees it: CT numbers, T1-like signal."""

import numpy as np
from numpy.typing import NDArray

from demo.phantoms.grid import Grid, Volume

AIR, SKIN, FAT, BONE, DIPLOE, CSF, GRAY, WHITE, NUCLEUS, MUSCLE, EYE, LENS, BLEED = range(13)
HU = np.array([-1000, 40, -90, 1150, 480, 6, 39, 29, 36, 55, 12, 75, 68], np.int16)
T1 = np.array([6, 420, 980, 40, 330, 130, 470, 720, 560, 430, 170, 300, 560], np.int16)


def head_tissues(
    shape: tuple[int, int, int], spacing_mm: tuple[float, float, float], *, has_bleed: bool
) -> Grid:
    """Tissue numbers (not values) on the grid; the skull base lies near z = 40 mm."""
    grid = Grid(shape, spacing_mm, background=AIR)
    grid.ellipsoid((0, 2, 102), (80, 101, 96), SKIN, power=2.1)
    grid.ellipsoid((0, -4, 30), (62, 82, 80), SKIN, power=2.3)  # face and neck
    grid.ellipsoid((0, -94, 62), (13, 22, 22), SKIN)  # nose
    for side in (-1, 1):
        grid.ellipsoid((side * 80, 10, 72), (8, 18, 30), SKIN)  # ears
    grid.ellipsoid((0, 2, 102), (77.5, 98.5, 93.5), FAT, power=2.1)
    grid.ellipsoid((0, -2, 28), (57, 76, 78), MUSCLE, power=2.3)
    grid.ellipsoid((0, 4, 104), (73, 94, 89), BONE, power=2.1)
    grid.ellipsoid((0, 4, 104), (70.5, 91.5, 86.5), DIPLOE, power=2.1)
    grid.ellipsoid((0, 4, 104), (68, 89, 84), BONE, power=2.1)
    grid.ellipsoid((0, 4, 106), (66, 86, 82), CSF, power=2.1)
    grid.values[(grid.axis(0) < 46)[:, None, None] & (grid.values == CSF)] = BONE
    _brain(grid)
    _face(grid)
    if has_bleed:
        grid.ellipsoid((33, 6, 112), (17, 21, 15), WHITE)
        grid.ellipsoid((33, 6, 112), (12, 16, 11), BLEED)
    return grid


def _folds(grid: Grid) -> NDArray[np.float32]:
    """A smooth wave field in [-1, 1] whose level sets look like gyri."""
    z, y, x = grid.axis(0)[:, None, None], grid.axis(1)[None, :, None], grid.axis(2)[None, None, :]
    warp = 6 * np.sin(y / 17 + z / 23) + 5 * np.sin(x / 13 - z / 19)
    waves: NDArray[np.float32] = np.sin((x + warp) / 5.2) * np.cos((y - warp) / 6.1) + 0.8 * np.sin(
        (y + z + warp) / 6.7
    ) * np.cos((z - x) / 5.9)
    return waves / np.float32(1.8)


def _brain(grid: Grid) -> None:
    z, y, x = grid.axis(0)[:, None, None], grid.axis(1)[None, :, None], grid.axis(2)[None, None, :]
    depth = np.sqrt((x / 64.5) ** 2 + ((y - 4) / 84) ** 2 + ((z - 108) / 79) ** 2)
    folds = _folds(grid)
    inside = (depth < 1) & (grid.values == CSF)
    rim = np.clip((depth - 0.66) / 0.34, 0, 1)
    grid.values[inside] = WHITE
    ribbon = (np.abs(folds) < 0.16 + 0.40 * rim) & (depth > 0.66)
    grid.values[inside & (ribbon | (depth > 0.955))] = GRAY
    grid.values[inside & (np.abs(folds) < 0.13 * rim**1.5) & (depth > 0.74)] = CSF
    _midline(grid, inside, depth)
    for side in (-1, 1):
        grid.ellipsoid((side * 13, -20, 118), (6.5, 22, 8), CSF)  # lateral ventricles
        grid.ellipsoid((side * 17, 22, 114), (6.5, 20, 9), CSF)
        grid.ellipsoid((side * 27, -6, 106), (7, 17, 11), NUCLEUS)
        grid.ellipsoid((side * 10, 8, 104), (7.5, 13, 9), NUCLEUS)  # thalamus
        grid.ellipsoid((side * 13, -18, 111), (5, 11, 7), NUCLEUS)  # caudate
        grid.capsule((side * 50, -10, 98), (side * 32, 6, 102), 3.0, CSF)  # Sylvian fissure
    grid.ellipsoid((0, 4, 100), (2.4, 12, 9), CSF)  # third ventricle
    for side in (-1, 1):
        grid.ellipsoid((side * 22, 52, 62), (25, 24, 18), GRAY)  # cerebellum
        grid.ellipsoid((side * 20, 50, 62), (17, 16, 11), WHITE)
    leaves = (np.sin((z + 0.5 * y) / 1.35) > 0.55) & (z < 82) & (y > 32)
    grid.values[leaves & (grid.values == WHITE) & (depth > 0.3)] = GRAY
    grid.ellipsoid((0, 36, 66), (7, 6, 8), CSF)  # fourth ventricle
    grid.ellipsoid((0, 20, 62), (13, 13, 26), WHITE)  # brain stem
    grid.capsule((0, 24, 46), (0, 34, -4), 8.0, CSF)
    grid.capsule((0, 24, 46), (0, 34, -4), 5.5, WHITE)


def _midline(grid: Grid, inside: NDArray[np.bool_], depth: NDArray[np.float64]) -> None:
    """Where the hemispheres face each other: folded cortex, a thin fissure that opens towards the
    vault, and the corpus callosum over the bodies of the ventricles."""
    z, y, x = grid.axis(0)[:, None, None], grid.axis(1)[None, :, None], grid.axis(2)[None, None, :]
    folds = np.sin((y + 7 * np.sin(z / 12) + x) / 5.6) * np.cos((z + 8 * np.sin(y / 15)) / 6.4)
    facing = inside & (np.abs(x) < 4.2) & (depth > 0.54) & (z > 92)
    grid.values[facing] = GRAY
    grid.values[facing & (folds > 0.42)] = WHITE
    grid.values[facing & (np.abs(folds) < 0.09)] = CSF
    opening = 0.4 + 2.2 * np.clip((depth - 0.93) / 0.07, 0, 1)
    grid.values[inside & (np.abs(x) < opening) & (depth > 0.93) & (z > 92)] = CSF
    under = (depth > 0.16) & (depth < 0.40) & (z > 114) & (np.abs(y) < 36)
    grid.values[inside & under & (np.abs(x) < 3.5)] = CSF
    callosum = (depth > 0.40) & (depth < 0.53) & (z > 106)
    grid.values[inside & callosum & (np.abs(x) < 14)] = WHITE
    cingulate_sulcus = (depth > 0.53) & (depth < 0.555) & (z > 106)
    grid.values[inside & cingulate_sulcus & (np.abs(x) < 3.0)] = CSF


def _face(grid: Grid) -> None:
    for side in (-1, 1):
        grid.ellipsoid((side * 33, -66, 66), (20, 24, 18), BONE)  # orbits
        grid.ellipsoid((side * 33, -68, 66), (18, 24, 16), FAT)
        grid.ellipsoid((side * 33, -80, 66), (12.5, 12.5, 12.5), EYE)
        grid.ellipsoid((side * 33, -89, 66), (5, 2.6, 5), LENS)
        grid.capsule((side * 31, -68, 66), (side * 12, -36, 62), 2.4, GRAY)  # optic nerve
        grid.ellipsoid((side * 30, -58, 36), (17, 20, 17), BONE)  # maxillary sinus
        grid.ellipsoid((side * 30, -58, 36), (15, 18, 15), AIR)
        grid.capsule((side * 26, -20, 48), (side * 56, 14, 46), 11.0, BONE)  # petrous bone
        grid.ellipsoid((side * 56, 26, 46), (8, 10, 12), AIR)  # mastoid cells
        grid.ellipsoid((side * 57, 25, 44), (3, 9, 3), BONE)
        grid.tube(
            [(side * 56, -8, 40), (side * 52, -24, 4), (side * 30, -68, -4), (0, -80, -4)],
            6.0,
            BONE,
        )
    grid.ellipsoid((0, -62, 52), (10, 26, 22), AIR)  # nasal cavity
    grid.ellipsoid((0, -62, 52), (1.2, 26, 22), BONE)
    grid.ellipsoid((0, -84, 90), (20, 6, 12), AIR)  # frontal sinus
    grid.ellipsoid((0, -32, 54), (14, 12, 11), AIR)  # sphenoid sinus
    grid.capsule((0, -16, 34), (0, -8, -10), 9.0, AIR)  # pharynx
    grid.capsule((0, 34, 42), (0, 40, -10), 16.0, BONE)  # cervical spine
    grid.capsule((0, 34, 42), (0, 40, -10), 13.0, DIPLOE)
    grid.capsule((0, 36, 42), (0, 42, -10), 8.5, CSF)
    grid.capsule((0, 36, 46), (0, 42, -10), 5.5, WHITE)


def head_ct(shape: tuple[int, int, int] = (164, 512, 512), *, has_bleed: bool = True) -> Volume:
    """Ideal CT numbers, 1.2 mm slices, 235 mm field of view at the default shape."""
    spacing = (202 / shape[0], 235 / shape[1], 235 / shape[2])
    return HU[head_tissues(shape, spacing, has_bleed=has_bleed).values]


def head_t1(shape: tuple[int, int, int] = (204, 240, 176)) -> Volume:
    """Ideal T1-like signal with a slow field of the coil; 1 mm voxels (z, y, x)."""
    grid = head_tissues(shape, (1.0, 1.0, 1.0), has_bleed=False)
    z, y = grid.axis(0)[:, None, None], grid.axis(1)[None, :, None]
    field = 1.0 + 0.12 * np.cos((y + 20) / 90) - 0.10 * ((z - 100) / 110) ** 2
    return np.rint(T1[grid.values] * field).astype(np.int16)
