// Times as people say them, in the hospital's zone (the phone's, which is where its patients are).

const two = (n: number): string => String(n).padStart(2, "0");

/** 今天 14:05, 昨天 14:05, 明天 14:05, else the date. "" for nothing. */
export function timeText(iso: string | null, now = new Date()): string {
  const when = iso ? new Date(iso) : null;
  if (!when || Number.isNaN(when.getTime())) return "";
  const clock = `${two(when.getHours())}:${two(when.getMinutes())}`;
  const day = (one: Date) => new Date(one.getFullYear(), one.getMonth(), one.getDate()).getTime();
  const days = Math.round((day(now) - day(when)) / 86_400_000);
  if (days === 0) return `今天 ${clock}`;
  if (days === 1) return `昨天 ${clock}`;
  if (days === -1) return `明天 ${clock}`;
  return `${when.getFullYear()}-${two(when.getMonth() + 1)}-${two(when.getDate())} ${clock}`;
}
