import { readFile } from 'node:fs/promises';
import type { App } from '../app.js';
import type { Stack } from '../stack.js';
import { describeError } from '../stack-error.js';
import type { Screen } from './screen.js';

const LOG_LINES = 8;

/** Says in which step the demo failed and why, with the last lines of the apps' logs, which end with the stack. */
export async function showFailure(screen: Screen, error: unknown, step: string, stack: Stack): Promise<void> {
  screen.line();
  screen.paragraph(`✗ ${step ? `Step ${step} failed` : 'The demo failed'}: ${describeError(error)}`, {
    look: 'red',
  });
  const apps = [stack.gateway, ...stack.workers, ...(stack.sim ? [stack.sim] : [])];
  for (const app of apps) await showLog(screen, app);
}

async function showLog(screen: Screen, { name, logFile }: App): Promise<void> {
  const text = await readFile(logFile, 'utf8').catch(() => '');
  const lines = text.trimEnd().split('\n').slice(-LOG_LINES);
  screen.line();
  screen.line(`Last lines of ${name}:`, { look: 'bold' });
  for (const line of lines) screen.paragraph(readable(line), { indent: '   ' });
}

/** A line of JSON as `time level message fields`; anything else as it is. */
function readable(line: string): string {
  try {
    const { level, time, name: _, pid: __, msg, ...fields } = JSON.parse(line) as Record<string, unknown>;
    const at = new Date(Number(time)).toISOString().slice(11, 23);
    const rest = Object.keys(fields).length > 0 ? ` ${JSON.stringify(fields)}` : '';
    return `${at} ${LEVELS[Number(level)] ?? level} ${msg}${rest}`;
  } catch {
    return line;
  }
}

const LEVELS: Readonly<Record<number, string>> = {
  10: 'trace',
  20: 'debug',
  30: 'info',
  40: 'warn',
  50: 'error',
  60: 'fatal',
};
