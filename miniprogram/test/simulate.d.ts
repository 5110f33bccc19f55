declare module "miniprogram-simulate" {
  interface Shown {
    data: Record<string, unknown>;
    instance: Record<string, (...args: never[]) => unknown>;
    dom: HTMLElement;
    attach(parent: Node): void;
    detach(): void;
    querySelector(selector: string): Shown | undefined;
    querySelectorAll(selector: string): Shown[];
    dispatchEvent(name: string, options?: object): void;
  }
  const simulate: { load(path: string, tag?: string, options?: { compiler: "simulate" | "official" }): string; render(id: string, properties?: object): Shown; sleep(ms: number): Promise<void> };
  export default simulate;
}
