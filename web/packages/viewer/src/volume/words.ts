/** How the slices of a thick slab become one. */
export type SlabMode = "max" | "min" | "mean";

export const SLAB_WORDS: Record<SlabMode, string> = { max: "最大密度", min: "最小密度", mean: "平均" };
