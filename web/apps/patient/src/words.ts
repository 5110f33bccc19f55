const two = (n: number): string => String(n).padStart(2, "0");

/** 今天 14:05, 昨天 14:05, else 2026-11-24 14:05, in the hospital's time of day. */
export function timeText(iso: string | null, now: Date = new Date()): string {
  if (!iso) return "";
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return "";
  const clock = `${two(at.getHours())}:${two(at.getMinutes())}`;
  const day = (d: Date) => new Date(d.getFullYear(), d.getMonth(), d.getDate()).getTime();
  const days = Math.round((day(now) - day(at)) / 86_400_000);
  if (days === 0) return `今天 ${clock}`;
  if (days === 1) return `昨天 ${clock}`;
  if (days === -1) return `明天 ${clock}`;
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${clock}`;
}

/** 12 分钟, 3 小时: how long a lock still lasts. */
export function waitText(untilIso: string, now: Date = new Date()): string {
  const minutes = Math.max(Math.ceil((new Date(untilIso).getTime() - now.getTime()) / 60_000), 1);
  return minutes < 60 ? `${minutes} 分钟` : `${Math.ceil(minutes / 60)} 小时`;
}
