// What the patients' and the doctors' pages share: words for times, and the facts of an examination
// as the BFF hands them over.
export type { ExamFacts, PatientFacts, ReportFacts, SeriesFacts, Status } from "./exam";
export { dayText, endOfDay, timeText, useHospitalZone, waitText } from "./words";
