// What the page reads of an OpenAPI 3.1 document.

export interface Schema {
  $ref?: string;
  type?: string | string[];
  format?: string;
  enum?: unknown[];
  pattern?: string;
  description?: string;
  required?: string[];
  properties?: Record<string, Schema>;
  items?: Schema;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  contentEncoding?: string;
}

export interface Parameter {
  name: string;
  in: string;
  required: boolean;
  schema: Schema;
  description?: string;
}

export interface Body {
  description?: string;
  content?: Record<string, { schema: Schema }>;
}

export interface Operation {
  summary: string;
  description: string;
  tags?: string[];
  "x-access": string;
  parameters: Parameter[];
  requestBody?: Body;
  responses: Record<string, Body>;
}

export interface OpenApi {
  info: { title: string; version: string };
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
}

export interface Row {
  name: string;
  kind: string;
  needed: boolean;
  about: string;
}

const DEEPEST = 4;

/** The schema itself, or the component that it names. */
export function resolved(document: OpenApi, schema: Schema): Schema {
  const name = schema.$ref?.split("/").pop();
  return name ? (document.components.schemas[name] ?? {}) : schema;
}

/** In words: 文本、≤64 字. */
export function kindOf(schema: Schema): string {
  const words: Record<string, string> = { string: "文本", integer: "整数", number: "数", boolean: "是否", array: "列表", object: "对象", null: "空" };
  const types = [schema.type ?? []].flat().filter((one) => one !== "null");
  let kind = types.map((one) => words[one] ?? one).join("或") || "任意";
  if (schema.format === "date-time") kind = "时间";
  if (schema.format === "date") kind = "日期";
  if (schema.format === "uri") kind = "网址";
  if (schema.format === "binary") kind = "文件";
  if (schema.contentEncoding) kind = "base64 文本";
  if (schema.enum) kind = schema.enum.map((one) => String(one) || "(空)").join("、");
  if (schema.maxLength) kind += `,最长 ${schema.maxLength}`;
  if (schema.minimum !== undefined && schema.maximum !== undefined) kind += `,${schema.minimum} 到 ${schema.maximum}`;
  return kind;
}

/** One row a field, with the path to it. */
export function rowsOf(document: OpenApi, schema: Schema, prefix = "", depth = 0): Row[] {
  const found = resolved(document, schema);
  if (found.items) return rowsOf(document, found.items, `${prefix}[]`, depth);
  return Object.entries(found.properties ?? {}).flatMap(([name, raw]) => {
    const field = resolved(document, raw);
    const path = prefix ? `${prefix}.${name}` : name;
    const row = { name: path, kind: kindOf(field), needed: found.required?.includes(name) ?? false, about: field.description ?? "" };
    const deeper = depth < DEEPEST && (field.properties || field.items) ? rowsOf(document, field, path, depth + 1) : [];
    return [row, ...deeper];
  });
}

export interface Entry {
  method: string;
  path: string;
  operation: Operation;
}

/** Operations by tag; those of our own pages come last. */
export function grouped(document: OpenApi, others: string): Map<string, Entry[]> {
  const groups = new Map<string, Entry[]>();
  const rest: Entry[] = [];
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      const entry = { method: method.toUpperCase(), path, operation };
      const tag = operation.tags?.[0];
      if (tag) groups.set(tag, [...(groups.get(tag) ?? []), entry]);
      else rest.push(entry);
    }
  }
  return new Map([...groups, [others, rest]]);
}
