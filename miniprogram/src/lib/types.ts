// What the server hands over (docs/api.md).

export type Status = "scheduled" | "awaiting_report" | "completed" | "cancelled";

export interface Question {
  kind: "id_card" | "phone";
  count: number;
  allow_x: boolean;
  label: string;
}

export interface Consent {
  version: string;
  text: string;
}

/** A code before anything is proved. */
export interface CodeState {
  state: "challenge" | "locked" | "revoked" | "unverifiable";
  masked_name?: string;
  digits?: Question;
  exam?: { status: Status; status_label: string; shown_time: string | null };
  needs_staff?: boolean;
  consent: Consent | null;
}

export interface Exam {
  id: string;
  accession_number: string;
  procedure: string;
  body_part: string;
  modality: string;
  campus: string;
  status: Status;
  status_label: string;
  scheduled_at: string | null;
  acquired_at: string | null;
  reported_at: string | null;
}

export interface Home {
  exam: Exam;
  patient: { name: string; sex: string; age: string; number: string; type_label: string };
  report: { findings: string; impression: string; thumbnail_url: string } | null;
  images: { id: string; count: number; state: string; thumbnail_url: string | null }[];
  history_count: number;
}

export interface Offer {
  relation: string;
  label: string;
}

/** A session that opened, or one that waits for consent. */
export interface Opened {
  session: { token?: string; expires_at: string };
  home?: Home;
  consent?: Consent;
  bind_offer?: Offer[];
}

export interface Person {
  binding: string;
  masked_name: string;
  relation_label: string;
  newest: { procedure: string; status: Status; status_label: string } | null;
}

export interface HistoryLine {
  id: string;
  procedure: string;
  campus: string;
  status: Status;
  status_label: string;
  shown_time: string | null;
}
