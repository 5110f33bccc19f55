import { afterEach, describe, expect, it } from "vitest";
import { dayText, endOfDay, timeText, useHospitalZone, waitText } from "../src/words";

afterEach(() => useHospitalZone("Asia/Shanghai"));

describe("timeText", () => {
  const now = new Date("2026-11-24T17:30:00Z"); // 01:30 on the 25th in the hospital

  it("shows the hospital's clock and day, wherever the phone is", () => {
    expect(timeText("2026-11-24T16:58:00+00:00", now)).toBe("今天 00:58");
    expect(timeText("2026-11-24T15:59:00+00:00", now)).toBe("昨天 23:59");
    expect(timeText("2026-11-25T16:00:00+00:00", now)).toBe("明天 00:00");
    expect(timeText("2026-01-02T03:04:00+00:00", now)).toBe("2026-01-02 11:04");
  });

  it("follows a hospital in another zone", () => {
    useHospitalZone("Asia/Urumqi");
    expect(timeText("2026-11-24T16:58:00+00:00", now)).toBe("今天 22:58");
  });

  it("shows nothing for nothing", () => {
    expect(timeText(null, now)).toBe("");
    expect(timeText("no time", now)).toBe("");
  });
});

describe("waitText", () => {
  const now = new Date("2026-11-24T17:30:00Z");

  it("rounds up, and never to nothing", () => {
    expect(waitText("2026-11-24T17:30:01Z", now)).toBe("1 分钟");
    expect(waitText("2026-11-24T17:44:01Z", now)).toBe("15 分钟");
    expect(waitText("2026-11-25T17:00:00Z", now)).toBe("24 小时");
    expect(waitText("2026-11-24T17:00:00Z", now)).toBe("1 分钟");
  });
});

describe("days", () => {
  it("are the hospital's", () => {
    expect(dayText(new Date("2026-11-24T15:59:00Z"))).toBe("2026-11-24");
    expect(dayText(new Date("2026-11-24T16:00:00Z"))).toBe("2026-11-25");
    expect(endOfDay("2026-11-24").toISOString()).toBe("2026-11-24T15:59:00.000Z");
    useHospitalZone("Asia/Urumqi");
    expect(endOfDay("2026-11-24").toISOString()).toBe("2026-11-24T17:59:00.000Z");
  });
});
