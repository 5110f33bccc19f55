/** How many bytes of decoded frames this device may keep. */
export function memoryBudget(deviceMemoryGb: number | undefined, isTouch: boolean): number {
  const MB = 1 << 20;
  if (isTouch) return 192 * MB;
  const memory = deviceMemoryGb ?? 4;
  return memory >= 8 ? 768 * MB : memory >= 4 ? 512 * MB : 192 * MB;
}

/** The frames farthest from `centre` that must go so that `used` fits `budget` again. */
export function victims(sizes: Map<number, number>, centre: number, used: number, budget: number): number[] {
  if (used <= budget) return [];
  const farFirst = [...sizes.keys()].sort((a, b) => Math.abs(b - centre) - Math.abs(a - centre));
  const gone: number[] = [];
  for (const index of farFirst) {
    if (used <= budget) break;
    used -= sizes.get(index)!;
    gone.push(index);
  }
  return gone;
}
