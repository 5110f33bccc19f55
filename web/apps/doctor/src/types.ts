// What the BFF hands over to staff (bff/routes/staff.py, usecases/staff).
import type { ExamFacts, PatientFacts, ReportFacts, SeriesFacts, Status } from "@cloudfilm/pages";

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
  exam: ExamFacts;
  patient: PatientFacts;
  report: ReportFacts | null;
  images: SeriesFacts[];
  priors: Prior[];
}
