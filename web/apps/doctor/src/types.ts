// What the BFF hands over (bff/routes/staff.py, usecases/staff).

export type Status = "scheduled" | "awaiting_report" | "completed" | "cancelled";

export interface Account {
  username: string;
  role: string;
  display_name: string;
  campus: string;
  department: string;
  title: string;
}

export interface Row {
  id: string;
  accession_number: string;
  patient_name: string;
  patient_number: string;
  patient_sex: string;
  patient_age: string;
  modality: string;
  procedure: string;
  body_part: string;
  campus: string;
  patient_type_label: string;
  status: Status;
  status_label: string;
  shown_time: string | null;
  thumbnail_url: string | null;
  series_count: number;
}

export interface Filters {
  q: string;
  modality: string;
  status: string;
  patient_type: string;
  days: string;
}

export interface Series {
  id: string;
  description: string;
  modality: string;
  count: number;
  state: "ready" | "waiting" | "unsupported" | "damaged";
  message: string;
  thumbnail_url: string | null;
}

export interface Prior {
  id: string;
  accession_number: string;
  procedure: string;
  modality: string;
  campus: string;
  status: Status;
  status_label: string;
  exam_time: string;
  thumbnail_url: string | null;
  series_count: number;
}

export interface ExamPage {
  exam: {
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
  };
  patient: { name: string; sex: string; age: string; number: string; type_label: string };
  report: { findings: string; impression: string; reporter: string; reviewer: string; reported_at: string | null; is_corrected: boolean; pdf_url: string } | null;
  images: Series[];
  priors: Prior[];
}
