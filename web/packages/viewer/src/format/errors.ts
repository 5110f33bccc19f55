/** A body that is not what docs/web-format.md says. `code` is stable. */
export class FormatError extends Error {
  constructor(readonly code: string) {
    super(code);
    this.name = "FormatError";
  }
}
