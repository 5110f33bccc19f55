// What the BFF hands over (bff/routes/pages.py, usecases/viewing/see_exam.py).

export interface Hospital {
  name: string;
  phone: string;
  time_zone: string;
}

export interface Boot {
  kind: "code" | "start";
  state?: "challenge" | "locked" | "revoked" | "unknown" | "unverifiable";
  token?: string;
  masked_name?: string;
  digits?: { kind: "id_card" | "phone"; count: number; allow_x: boolean; label: string };
  exam?: { status: Status; status_label: string; shown_time: string | null };
  locked_until?: string | null;
  needs_staff?: boolean;
  hospital: Hospital;
}

export type Status = "scheduled" | "awaiting_report" | "completed" | "cancelled";

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
  shown_time: string | null;
}

export interface Report {
  findings: string;
  impression: string;
  reporter: string;
  reviewer: string;
  reported_at: string | null;
  is_corrected: boolean;
  pdf_url: string;
  thumbnail_url: string;
}

export interface SeriesCard {
  id: string;
  description: string;
  modality: string;
  count: number;
  state: "ready" | "waiting" | "unsupported" | "damaged";
  message: string;
  thumbnail_url: string | null;
}

export interface Home {
  exam: Exam;
  patient: { name: string; sex: string; age: string; number: string; type_label: string };
  report: Report | null;
  images: SeriesCard[];
  is_final: boolean;
}
