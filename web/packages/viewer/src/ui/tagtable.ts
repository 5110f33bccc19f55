// The tags of one instance as rows of text, from the pack of its series (docs/web-format.md).

export interface Attribute {
  vr: string;
  Value?: unknown[];
  InlineBinary?: string;
  Size?: number;
  More?: number;
}

export type Attributes = Record<string, Attribute | null>;

export interface TagPack {
  names: Record<string, string>;
  common: Attributes;
  instances: Record<string, Attributes>;
}

export interface TagRow {
  depth: number;
  /** "(0018,0050)" */
  tag: string;
  vr: string;
  name: string;
  value: string;
}

const MAX_BYTES_SHOWN = 32;

/** Null when the pack knows only what is common to the series. */
export function rowsOf(pack: TagPack, sop: string): TagRow[] {
  return describe({ ...pack.common, ...(pack.instances[sop] ?? {}) }, pack.names, 0);
}

export const isComplete = (pack: TagPack, sop: string): boolean => sop in pack.instances;

function describe(attributes: Attributes, names: Record<string, string>, depth: number): TagRow[] {
  return Object.keys(attributes).sort().flatMap((tag) => {
    const attribute = attributes[tag];
    if (!attribute) return [];
    const row = { depth, tag: `(${tag.slice(0, 4)},${tag.slice(4)})`, vr: attribute.vr, name: nameOf(tag, names), value: valueOf(attribute) };
    const items = attribute.vr === "SQ" ? ((attribute.Value ?? []) as Attributes[]) : [];
    const inner = items.flatMap((item, i) => [
      { depth: depth + 1, tag: "", vr: "", name: `第 ${i + 1} 项`, value: "" },
      ...describe(item, names, depth + 2),
    ]);
    return [row, ...inner];
  });
}

const nameOf = (tag: string, names: Record<string, string>): string => names[tag] ?? (parseInt(tag.slice(3, 4), 16) % 2 ? "私有标签" : "");

function valueOf({ vr, Value, InlineBinary, Size, More }: Attribute): string {
  if (vr === "SQ") return `${(Value?.length ?? 0) + (More ?? 0)} 项${More ? `(显示前 ${Value?.length ?? 0} 项)` : ""}`;
  if (Size !== undefined) return `(${Size.toLocaleString("en-US")} 字节)`;
  if (InlineBinary !== undefined) return bytesText(InlineBinary);
  return (Value ?? []).map(oneText).join(" \\ ");
}

function oneText(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "object") return Object.values(value as Record<string, string>).join(" = ");
  return String(value);
}

function bytesText(base64: string): string {
  const bytes = [...atob(base64)].map((c) => c.charCodeAt(0).toString(16).padStart(2, "0").toUpperCase());
  const shown = bytes.slice(0, MAX_BYTES_SHOWN).join(" ");
  return bytes.length > MAX_BYTES_SHOWN ? `${shown} …(${bytes.length} 字节)` : shown;
}

/** Rows that hold every word, with the sequences that they stand in. */
export function filtered(rows: readonly TagRow[], query: string): TagRow[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.length) return [...rows];
  const isHit = (row: TagRow): boolean => {
    const text = `${row.tag} ${row.tag.replace(/\D/g, "")} ${row.name} ${row.vr} ${row.value}`.toLowerCase();
    return words.every((word) => text.includes(word));
  };
  const kept = new Set<TagRow>();
  const path: TagRow[] = [];
  for (const row of rows) {
    path.length = row.depth;
    path[row.depth] = row;
    if (isHit(row)) for (const one of path) if (one) kept.add(one);
  }
  return rows.filter((row) => kept.has(row));
}
