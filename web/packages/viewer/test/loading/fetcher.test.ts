import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { fetchBody, fetchOnce, FetchError } from "../../src/loading/fetcher";

const going = new AbortController().signal;
const answer = (body: string, status = 200): Response => new Response(body, { status });
const fetched = vi.fn();

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("fetch", fetched);
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  fetched.mockReset();
});

const codeOf = (work: Promise<unknown>): Promise<string> => work.then(() => "", (error) => (error instanceof FetchError ? error.code : String(error)));

test("the whole body comes, with the session's cookie", async () => {
  fetched.mockResolvedValue(answer("frame"));
  const body = await fetchBody("/f", going, () => undefined);
  expect(new TextDecoder().decode(body)).toBe("frame");
  expect(fetched.mock.calls[0][1]).toMatchObject({ credentials: "same-origin" });
});

test("a lost network is tried again with growing pauses, and the reader hears of it", async () => {
  fetched.mockRejectedValueOnce(new TypeError("offline")).mockResolvedValueOnce(answer("", 503)).mockResolvedValue(answer("ok"));
  const heard: boolean[] = [];
  const body = fetchBody("/f", going, (isOffline) => heard.push(isOffline));
  await vi.advanceTimersByTimeAsync(499);
  expect(fetched).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(fetched).toHaveBeenCalledTimes(2);
  await vi.advanceTimersByTimeAsync(1500);
  expect(new TextDecoder().decode(await body)).toBe("ok");
  expect(heard).toEqual([true, true, false]);
});

test.each([400, 401, 404])("status %i is final", async (status) => {
  fetched.mockResolvedValue(answer("", status));
  expect(await codeOf(fetchBody("/f", going, () => undefined))).toBe(`http_${status}`);
  expect(fetched).toHaveBeenCalledTimes(1);
});

test("half a body that breaks off is fetched anew, not joined", async () => {
  const broken = new ReadableStream<Uint8Array>({
    start(control) {
      control.enqueue(new TextEncoder().encode("ha"));
    },
    pull(control) {
      control.error(new TypeError("reset"));
    },
  });
  fetched.mockResolvedValueOnce(new Response(broken)).mockResolvedValue(answer("half"));
  const body = fetchBody("/f", going, () => undefined);
  await vi.advanceTimersByTimeAsync(500);
  expect(new TextDecoder().decode(await body)).toBe("half");
});

test("silence for 20 s ends the try", async () => {
  fetched.mockImplementation((_, { signal }) => new Promise((_, no) => signal.addEventListener("abort", () => no(new Error("abort")))));
  const code = codeOf(fetchOnce("/f", going, () => undefined));
  await vi.advanceTimersByTimeAsync(20_000);
  expect(await code).toBe("network");
});

test("closing ends a pause and a transfer at once", async () => {
  const stop = new AbortController();
  fetched.mockRejectedValue(new TypeError("offline"));
  const code = codeOf(fetchBody("/f", stop.signal, () => undefined));
  await vi.advanceTimersByTimeAsync(10);
  stop.abort();
  await vi.advanceTimersByTimeAsync(0);
  expect(await code).toBe("aborted");
  expect(fetched).toHaveBeenCalledTimes(1);
});
