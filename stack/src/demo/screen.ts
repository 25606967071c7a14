import pc from 'picocolors';
import stringWidth from 'string-width';
import wrapAnsi from 'wrap-ansi';

const WIDTH = 80;
const MIN_WIDTH = 20;

/** As people count them: an emoji of several code points is never torn. */
const CHARACTERS = new Intl.Segmenter('zh');

/** Where a screen writes: process.stdout, or a stand-in. */
export type Output = { write(text: string): unknown; isTTY?: boolean; columns?: number };

export type Look = 'bold' | 'dim' | 'green' | 'red' | 'yellow' | 'cyan';

export type LineOptions = {
  look?: Look;
  /** Stands at the right edge, whole. */
  right?: string;
};

/**
 * Prints lines no wider than the terminal (80 columns where there is none; a Chinese character takes two), coloured
 * only on a terminal, and not where NO_COLOR is set or TERM is `dumb`.
 */
export class Screen {
  private readonly colours: ReturnType<typeof pc.createColors>;

  constructor(
    private readonly output: Output,
    env: NodeJS.ProcessEnv,
  ) {
    this.colours = pc.createColors(output.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb');
  }

  /** One line, what does not fit cut off and replaced by `…`. */
  line(text = '', { look, right = '' }: LineOptions = {}): void {
    const reserved = right === '' ? 0 : stringWidth(right) + 1;
    const left = cut(plain(text), this.width - reserved);
    const gap = ' '.repeat(Math.max(0, this.width - stringWidth(left) - stringWidth(right)));
    this.write(left + gap + right, look);
  }

  /** As many lines as the text takes, each behind the indent. */
  paragraph(text: string, { look, indent = '' }: { look?: Look; indent?: string } = {}): void {
    for (const line of text.split('\n')) {
      const room = this.width - stringWidth(indent);
      const wrapped = wrapAnsi(plain(line), room, { hard: true, trim: false });
      for (const part of wrapped.split('\n')) this.write(indent + part, look);
    }
  }

  /** A line for a file's path: never cut, since half a path is of no use. */
  path(text: string): void {
    this.write(text);
  }

  private get width(): number {
    return Math.max(MIN_WIDTH, this.output.columns || WIDTH);
  }

  private write(text: string, look?: Look): void {
    const shown = text.trimEnd();
    this.output.write(`${look ? this.colours[look](shown) : shown}\n`);
  }
}

/** The text, or as many of its characters as leave room for the `…` that tells of the rest. */
function cut(text: string, columns: number): string {
  if (stringWidth(text) <= columns) return text;
  let kept = '';
  for (const { segment } of CHARACTERS.segment(text)) {
    if (stringWidth(kept + segment) > columns - 1) break;
    kept += segment;
  }
  return `${kept}…`;
}

/** Control characters in what others wrote (a reason, a log) would move the cursor or colour the rest. */
function plain(text: string): string {
  return text.replace(/\p{Cc}/gu, ' ');
}
