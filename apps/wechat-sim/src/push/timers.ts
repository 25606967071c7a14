/** What happens later by itself, until the simulator is reset or closed. */
export class Timers {
  private readonly open = new Set<NodeJS.Timeout>();

  after(ms: number, run: () => void): void {
    const timer = setTimeout(() => {
      this.open.delete(timer);
      run();
    }, ms);
    this.open.add(timer);
  }

  stop(): void {
    for (const timer of this.open) clearTimeout(timer);
    this.open.clear();
  }
}
