// The colours of tokens.css that carry text, as pairs that must be legible: [text, ground].

export const TEXT_PAIRS: [string, string][] = [
  ["ink", "ground"],
  ["ink", "card"],
  ["secondary", "ground"],
  ["secondary", "card"],
  ["card", "accent"],
  ["accent", "card"],
  ["accent", "ground"],
  ["accent", "accent-soft"],
  ["scheduled", "card"],
  ["awaiting", "card"],
  ["completed", "card"],
  ["danger", "card"],
  ["danger", "danger-soft"],
  ["viewer-text", "canvas"],
  ["viewer-text", "viewer-chrome"],
  ["viewer-text", "viewer-panel"],
  ["viewer-dim", "viewer-chrome"],
  ["viewer-dim", "viewer-panel"],
  ["accent-dark", "viewer-chrome"],
];
