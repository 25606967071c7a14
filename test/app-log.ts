import { readFile } from 'node:fs/promises';
import type { App } from '@wxa/stack';

/** The log lines of an app with a message. */
export async function logged({ logFile }: App, message: string): Promise<Record<string, unknown>[]> {
  const lines = (await readFile(logFile, 'utf8')).split('\n').filter((line) => line.startsWith('{'));
  return lines
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter(({ msg }) => String(msg).startsWith(message));
}
