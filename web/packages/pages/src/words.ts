let hospitalZone = "Asia/Shanghai";

/** Times are shown as the clocks of the hospital show them, wherever the phone is. */
export function useHospitalZone(zone: string): void {
  hospitalZone = zone;
}

interface WallTime {
  date: string;
  clock: string;
  dayNumber: number;
  /** The same figures, read as if they were UTC. */
  asUtc: number;
}

function wallTime(at: Date): WallTime {
  const parts: Record<string, string> = {};
  const format = new Intl.DateTimeFormat("en-CA", {
    timeZone: hospitalZone,
    hourCycle: "h23",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
  });
  for (const { type, value } of format.formatToParts(at)) parts[type] = value;
  const { year = "", month = "", day = "", hour = "", minute = "" } = parts;
  const midnight = Date.UTC(Number(year), Number(month) - 1, Number(day));
  return {
    date: `${year}-${month}-${day}`,
    clock: `${hour}:${minute}`,
    dayNumber: midnight / 86_400_000,
    asUtc: midnight + Number(hour) * 3_600_000 + Number(minute) * 60_000,
  };
}

/** 今天 14:05, 昨天 14:05, else 2026-11-24 14:05, in the hospital's time of day. */
export function timeText(iso: string | null, now: Date = new Date()): string {
  if (!iso) return "";
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return "";
  const { date, clock, dayNumber } = wallTime(at);
  const days = wallTime(now).dayNumber - dayNumber;
  if (days === 0) return `今天 ${clock}`;
  if (days === 1) return `昨天 ${clock}`;
  if (days === -1) return `明天 ${clock}`;
  return `${date} ${clock}`;
}

/** 12 分钟, 3 小时: how long a lock still lasts. */
export function waitText(untilIso: string, now: Date = new Date()): string {
  const minutes = Math.max(Math.ceil((new Date(untilIso).getTime() - now.getTime()) / 60_000), 1);
  return minutes < 60 ? `${minutes} 分钟` : `${Math.ceil(minutes / 60)} 小时`;
}

/** 2026-11-24: the hospital's day. */
export const dayText = (at: Date = new Date()): string => wallTime(at).date;

/** The last minute of a day of the hospital (2026-11-24), as a moment. */
export function endOfDay(day: string): Date {
  const wanted = Date.parse(`${day}T23:59:00Z`);
  return new Date(2 * wanted - wallTime(new Date(wanted)).asUtc);
}
