// What measuring harnesses and tests read (the viewer contract): marks once each, and `__viewer`.

export interface ViewerMarks {
  firstImage?: number;
  allLoaded?: number;
  ready?: number;
}

declare global {
  interface Window {
    __perf?: { marks: ViewerMarks };
    __viewer?: unknown;
  }
}

export function mark(name: keyof ViewerMarks): void {
  const perf = (window.__perf ??= { marks: {} });
  perf.marks[name] ??= performance.now();
}
