/** Shows on a terminal how far a command is, in one line of stderr that is replaced. Shows nothing elsewhere. */
export class ProgressLine {
  #shown = false;

  constructor(private readonly out: NodeJS.WriteStream = process.stderr) {}

  show(text: string): void {
    if (!this.out.isTTY) return;
    this.#shown = true;
    this.out.write(`\r\u001b[2K${text}`);
  }

  /** Removes the line. */
  end(): void {
    if (this.#shown) this.out.write('\r\u001b[2K');
    this.#shown = false;
  }
}
