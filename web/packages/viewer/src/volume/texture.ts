import type { Volume } from "./volume";

export interface ByteVolume {
  data: Uint8Array;
  size: [number, number, number];
  /** Modality values of 0 and 255. */
  low: number;
  high: number;
}

/** A volume as bytes, at most `longest` voxels a side (means of blocks), for the GPU. */
export function byteVolume(volume: Volume, longest: number): ByteVolume {
  const [low, high] = rangeOf(volume);
  const by = volume.axes.map((axis) => Math.max(1, Math.ceil(axis.count / longest)));
  const size = volume.axes.map((axis, i) => Math.max(1, Math.floor(axis.count / by[i]))) as [number, number, number];
  const data = new Uint8Array(size[0] * size[1] * size[2]);
  const [, sy, sz] = volume.axes.map((axis) => axis.stride);
  const times = (255 / (high - low)) * volume.slope;
  const offset = ((volume.intercept - low) * 255) / (high - low);
  const block = by[0] * by[1] * by[2];
  for (let z = 0, at = 0; z < size[2]; z++) {
    for (let y = 0; y < size[1]; y++) {
      for (let x = 0; x < size[0]; x++, at++) {
        let sum = 0;
        for (let k = 0; k < by[2]; k++)
          for (let j = 0; j < by[1]; j++)
            for (let i = 0; i < by[0]; i++) sum += volume.data[(z * by[2] + k) * sz + (y * by[1] + j) * sy + x * by[0] + i];
        const byte = (sum / block) * times + offset;
        data[at] = byte < 0 ? 0 : byte > 255 ? 255 : byte + 0.5;
      }
    }
  }
  return { data, size, low, high };
}

/** Hounsfield units that matter; elsewhere what the data has. */
function rangeOf({ data, slope, intercept, entry }: Volume): [number, number] {
  if (entry.unit === "HU") return [-1024, 1976];
  let low = Infinity;
  let high = -Infinity;
  for (let i = 0; i < data.length; i += 7) {
    if (data[i] < low) low = data[i];
    if (data[i] > high) high = data[i];
  }
  const ends = [low * slope + intercept, high * slope + intercept];
  return [Math.min(...ends), Math.max(Math.max(...ends), Math.min(...ends) + 1)];
}
