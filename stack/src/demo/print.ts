import { styleText } from 'node:util';
import wrapAnsi from 'wrap-ansi';

const COLUMNS = 80;

/** Prints text in lines that fit the terminal (80 columns if there is none), in colour on a terminal only. */
export function say(text = '', colour?: Parameters<typeof styleText>[0], indent = 0): void {
  // Other control characters than line ends would move the cursor.
  const plain = text.replace(/[^\P{Cc}\n]/gu, ' ');
  const columns = (process.stdout.columns || COLUMNS) - indent;
  for (const line of wrapAnsi(plain, columns, { hard: true, trim: false }).split('\n')) {
    const shown = (' '.repeat(indent) + line).trimEnd();
    console.log(colour && process.stdout.isTTY ? styleText(colour, shown) : shown);
  }
}
