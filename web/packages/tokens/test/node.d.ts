// The one thing of Node that these tests use; the pages themselves never see Node.
declare module "node:fs" {
  export function readFileSync(path: URL, encoding: "utf8"): string;
}
