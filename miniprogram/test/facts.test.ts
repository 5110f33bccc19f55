// The mini-program's build takes no file from outside its folder, so its types are its own; here they
// are held equal to those of the pages: a field that changes there and not here does not compile.
import { describe, expect, it } from "vitest";
import type { ExamFacts, PatientFacts, SeriesFacts, Status as PageStatus } from "../../web/packages/pages/src/exam";
import { timeText as pageTime, useHospitalZone } from "../../web/packages/pages/src/words";
import type { Exam, Home, Status } from "../src/lib/types";
import { timeText } from "../src/lib/words";

type Same<A, B> = [A, B] extends [B, A] ? true : never;
const held: [Same<Status, PageStatus>, Same<Exam, ExamFacts>, Same<Home["patient"], PatientFacts>, SeriesFacts extends Home["images"][number] ? true : never] = [true, true, true, true];

describe("words and facts", () => {
  it("are those of the pages", () => {
    expect(held).toHaveLength(4);
    useHospitalZone(Intl.DateTimeFormat().resolvedOptions().timeZone);
    const now = new Date("2026-11-24T09:30:00Z");
    for (const hours of [-400, -49, -25, -10, -1, 0, 1, 10, 25, 49, 400]) {
      const at = new Date(now.getTime() + hours * 3_600_000).toISOString();
      expect(timeText(at, now)).toBe(pageTime(at, now));
    }
    for (const none of [null, "no time"]) expect(timeText(none, now)).toBe(pageTime(none, now));
  });
});
