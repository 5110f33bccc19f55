// What the BFF hands over to patients (bff/routes/pages.py, usecases/viewing/see_exam.py).
import type { ExamFacts, PatientFacts, ReportFacts, SeriesFacts, Status } from "@cloudfilm/pages";

export interface Hospital {
  name: string;
  phone: string;
  time_zone: string;
}

export interface Question {
  kind: "id_card" | "phone";
  count: number;
  allow_x: boolean;
  label: string;
}

export type ShareState = "open" | "ask" | "not_yet" | "ended" | "stopped" | "used_up" | "locked" | "unknown";

export interface Boot {
  kind: "code" | "start" | "home" | "query" | "share" | "invitation" | "message";
  state?: "challenge" | "locked" | "revoked" | "unknown" | "unverifiable" | "wechat_needed" | "wechat_failed" | "ticket_ended" | ShareState;
  token?: string;
  masked_name?: string;
  digits?: Question;
  exam?: { status: Status; status_label: string; shown_time: string | null };
  locked_until?: string | null;
  needs_staff?: boolean;
  can_query?: boolean;
  query?: QueryPage;
  ends_at?: string;
  consent?: Consent | null;
  door?: "wechat";
  one_tap?: { relation: string; relation_label: string };
  people?: Person[];
  invitation?: { masked_name: string; relation_label: string; expires_at: string };
  hospital: Hospital;
}

export interface Consent {
  version: string;
  text: string;
}

/** Somebody for whom this WeChat user may enter. */
export interface Person {
  binding: string;
  masked_name: string;
  relation_label: string;
  newest: { procedure: string; status: Status; status_label: string } | null;
}

export interface Offer {
  relation: string;
  label: string;
}

export interface Family {
  may_invite: boolean;
  bindings: { id: string; relation: string; relation_label: string; since: string; is_mine: boolean }[];
  invitations: { id: string; relation: string; relation_label: string; expires_at: string }[];
}

export interface Invited {
  id: string;
  url: string;
  expires_at: string;
}

/** What an administrator has set up for retrieval without a code. */
export interface QueryPage {
  campus: string;
  conditions: { name: string; label: string }[];
  title: string;
  note: string;
  fee_note: string;
  hint: string;
  closed_text: string;
}

export interface Exam extends ExamFacts {
  shown_time: string | null;
}

export interface Report extends ReportFacts {
  thumbnail_url: string;
}

/** What there is to say of the report's file. */
export interface ReportFile {
  pages: number;
  sha256: string;
  signatures: Signature[];
}

export interface Signature {
  signer: string;
  signed_at: string | null;
  is_intact: boolean;
  is_trusted: boolean;
  covers_all: boolean;
  is_judged: boolean;
}

export interface Home {
  exam: Exam;
  patient: PatientFacts;
  report: Report | null;
  images: SeriesFacts[];
  may_share: boolean;
  history_count: number;
  is_final: boolean;
}

export interface HistoryLine extends Pick<Exam, "id" | "accession_number" | "procedure" | "body_part" | "modality" | "campus" | "status" | "status_label" | "shown_time"> {
  exam_time: string;
  patient_number: string;
  thumbnail_url: string | null;
}

export interface Share {
  id: string;
  url: string;
  state: ShareState;
  starts_at: string;
  ends_at: string;
  has_pass_code: boolean;
  open_limit: number | null;
  opened_count: number;
  last_opened_at: string | null;
}

export interface ShareTerms {
  exam: string;
  days?: number;
  ends_at?: string;
  pass_code?: string;
  open_limit?: number;
}

export interface Visit {
  at: string;
  who: string;
  what: string;
  is_refused: boolean;
}

export type Place = "home" | "report" | "history" | "share" | "card" | "visits" | "family";
