/** How a series is played. */
export interface CineSettings {
  framesPerSecond: number;
  /** At the end: again from the start, or backwards. */
  isBouncing: boolean;
}

export const CINE_DEFAULT_FPS = 10;
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
  private owed = 0;

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
    this.owed = 0;
    this.lastMs = 0;
    this.timer = this.clock.request(this.tick);
  }

  stop(): void {
    this.clock.cancel(this.timer);
    this.timer = 0;
  }

  private tick = (nowMs: number): void => {
    if (this.lastMs) this.owed += ((nowMs - this.lastMs) * this.settings.framesPerSecond) / 1000;
    this.lastMs = nowMs;
    const frames = Math.floor(this.owed);
    this.owed -= frames;
    if (frames) this.advance(Math.min(frames, this.where().count - 1));
    this.timer = this.clock.request(this.tick);
  };

  private advance(frames: number): void {
    const { index, count } = this.where();
    if (!this.settings.isBouncing) return this.step(((index + frames) % count) - index);
    let next = index + frames * this.direction;
    if (next >= count || next < 0) {
      this.direction = this.direction === 1 ? -1 : 1;
      next = next < 0 ? -next : 2 * (count - 1) - next;
    }
    this.step(next - index);
  }
}
