// What a scan brings: the printed link (`https://HOST/q/<22>`), as `q` of an ordinary-link rule, as
// `scene` of a mini-program code, or from the scanner itself.

const TOKEN = /^[\w-]{22}$/;
const LINK = /^https:\/\/([^/]+)\/(q|g|s)\/([\w-]{22})$/;

export interface Place {
  kind: "code" | "invitation" | "share";
  token: string;
}

const KINDS = { q: "code", g: "invitation", s: "share" } as const;

/** null for the code of another program or another house. */
export function placeOfLink(text: string, baseUrl: string): Place | null {
  const found = LINK.exec(text.trim().replace(/[?#].*$/, ""));
  if (!found || `https://${found[1]}` !== baseUrl) return null;
  return { kind: KINDS[found[2] as keyof typeof KINDS], token: found[3]! };
}

/** From a page's options; WeChat has encoded both once. */
export function placeOfOptions(options: Record<string, string | undefined>, baseUrl: string): Place | null {
  const plain = (text: string): string => {
    try {
      return decodeURIComponent(text);
    } catch {
      return "";
    }
  };
  if (options.q) return placeOfLink(plain(options.q), baseUrl);
  const token = options.token ?? plain(options.scene ?? "");
  return TOKEN.test(token) ? { kind: "code", token } : null;
}
