// What the BFF hands over of an examination (usecases/viewing/see_exam.py, usecases/staff). The
// mini-program's build takes no file from outside its folder: its own types are held equal to these
// by `miniprogram/test/facts.test.ts`.

export type Status = "scheduled" | "awaiting_report" | "completed" | "cancelled";

export interface ExamFacts {
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

export interface PatientFacts {
  name: string;
  sex: string;
  age: string;
  number: string;
  type_label: string;
}

export interface ReportFacts {
  findings: string;
  impression: string;
  reporter: string;
  reviewer: string;
  reported_at: string | null;
  is_corrected: boolean;
  pdf_url: string;
}

export interface SeriesFacts {
  id: string;
  description: string;
  modality: string;
  count: number;
  state: "ready" | "waiting" | "unsupported" | "damaged";
  message: string;
  thumbnail_url: string | null;
}
