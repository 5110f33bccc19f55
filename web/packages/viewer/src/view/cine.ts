/** How a series is played. */
export interface CineSettings {
  framesPerSecond: number;
  /** The file's own time of each frame, where the steps are uneven; they are kept in proportion
   * at every speed. */
  frameTimesMs?: number[] | null;
  /** At the end: again from the start, or backwards. */
  isBouncing: boolean;
}

export const CINE_DEFAULT_FPS = 10;
const MOST_OWED_MS = 1000; // a hidden tab owes nothing
const SPEEDS = [1, 2, 5, 8, 10, 15, 20, 25, 30, 60];

/** The file's own frame time, else a speed the eye can follow. */
export function ownSpeed(frameTimeMs: number | null): number {
  return frameTimeMs && frameTimeMs > 0 ? Math.min(Math.max(Math.round(1000 / frameTimeMs), 1), 60) : CINE_DEFAULT_FPS;
}

/** The next faster (1) or slower (-1) speed. */
export function nextSpeed(fps: number, step: 1 | -1): number {
  const beyond = step > 0 ? SPEEDS.find((s) => s > fps) : [...SPEEDS].reverse().find((s) => s < fps);
  return beyond ?? fps;
}

/** Plays frames on time: when drawing is slower than the speed asked for, frames are left out. */
export class Cine {
  settings: CineSettings = { framesPerSecond: CINE_DEFAULT_FPS, isBouncing: false };
  private timer = 0;
  private direction: 1 | -1 = 1;
  private lastMs = 0;
  private owedMs = 0;

  constructor(
    private readonly step: (by: number) => void,
    private readonly where: () => { index: number; count: number },
    private readonly clock: { request(tick: (nowMs: number) => void): number; cancel(timer: number): void },
  ) {}

  get isPlaying(): boolean {
    return this.timer !== 0;
  }

  play(): void {
    if (this.isPlaying || this.where().count < 2) return;
    this.owedMs = 0;
    this.lastMs = 0;
    this.timer = this.clock.request(this.tick);
  }

  stop(): void {
    this.clock.cancel(this.timer);
    this.timer = 0;
  }

  private tick = (nowMs: number): void => {
    if (this.lastMs) this.owedMs += Math.min(nowMs - this.lastMs, MOST_OWED_MS);
    this.lastMs = nowMs;
    this.pay();
    this.timer = this.clock.request(this.tick);
  };

  /** Walk on by as many frames as the time that has passed is worth, and show the last. */
  private pay(): void {
    const { index, count } = this.where();
    const times = this.times(count);
    let at = index;
    for (let walked = 0; this.owedMs >= times(at) - 1e-6; walked++) {
      if (walked >= count) {
        this.owedMs = 0;
        break;
      }
      this.owedMs -= times(at);
      at = this.after(at, count);
    }
    if (at !== index) this.step(at - index);
  }

  /** How long each frame stays, at the chosen speed. */
  private times(count: number): (index: number) => number {
    const { framesPerSecond, frameTimesMs } = this.settings;
    const mean = 1000 / framesPerSecond;
    if (frameTimesMs?.length !== count) return () => mean;
    const own = frameTimesMs.reduce((sum, ms) => sum + ms, 0) / count;
    return (index) => (frameTimesMs[index] * mean) / own;
  }

  private after(index: number, count: number): number {
    if (!this.settings.isBouncing) return (index + 1) % count;
    if (index + this.direction >= count || index + this.direction < 0) this.direction = this.direction === 1 ? -1 : 1;
    return index + this.direction;
  }
}
