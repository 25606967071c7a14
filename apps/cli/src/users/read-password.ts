import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { EXIT, exitWith, UsageError } from '../exit-codes.js';

const MIN_LENGTH = 12;

/** A new password: typed twice on a terminal, which does not show it, or a line of standard input. Throws UsageError if it is too short. */
export async function readPassword(name: string): Promise<string> {
  const isTerminal = process.stdin.isTTY === true;
  const password = isTerminal ? await typed(`password of ${name}: `) : await line();
  if ([...password].length < MIN_LENGTH)
    throw new UsageError(`the password on standard input must have at least ${MIN_LENGTH} characters`);
  if (isTerminal && (await typed('the same again: ')) !== password)
    throw new UsageError('the two passwords differ');
  return password;
}

async function line(): Promise<string> {
  const lines = createInterface({ input: process.stdin });
  const { value } = await lines[Symbol.asyncIterator]().next();
  lines.close();
  return value ?? '';
}

/** Asks on stderr; what is typed goes nowhere. */
function typed(question: string): Promise<string> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: nowhere, terminal: true });
  process.stderr.write(question);
  return new Promise((resolve) => {
    lines.once('SIGINT', () => exitWith('', EXIT.interrupted));
    lines.question('', (answer) => {
      lines.close();
      process.stderr.write('\n');
      resolve(answer);
    });
  });
}
