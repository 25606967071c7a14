/** One line on a terminal that says how far several things are, all together. */
export class Progress {
  readonly #shares: number[];
  #told = '';

  constructor(
    count: number,
    private readonly out: NodeJS.WriteStream = process.stderr,
  ) {
    this.#shares = new Array<number>(count).fill(0);
  }

  tell(i: number, share: number): void {
    this.#shares[i] = share;
    const done = this.#shares.reduce((sum, one) => sum + one, 0) / this.#shares.length;
    const line = `simulated: ${Math.floor(100 * done)} %`;
    if (!this.out.isTTY || line === this.#told) return;
    this.#told = line;
    this.out.write(`\r${line}`);
  }

  end(): void {
    if (this.out.isTTY) this.out.write('\n');
  }
}
