import type { App } from '@wxa/stack';
import { logged } from '../app-log.js';

/**
 * The operations that ended and have not exactly one line `operation ended`, with their number of lines. None if an app was
 * killed: it may have ended after a commit and before its line.
 */
export async function wrongEnds(
  apps: App[],
  sql: (text: string) => Promise<{ id?: string }[]>,
): Promise<string[]> {
  if (apps.some(({ signals }) => signals.has('SIGKILL') || signals.has('SIGSTOP'))) return [];
  const logs = await Promise.all(apps.map((app) => logged(app, 'operation ended')));
  const lines = new Map<unknown, number>();
  for (const { operation } of logs.flat()) lines.set(operation, (lines.get(operation) ?? 0) + 1);
  const ended = await sql('select id from operations where ended_at is not null');
  return ended.filter(({ id }) => lines.get(id) !== 1).map(({ id }) => `${id} (${lines.get(id) ?? 0})`);
}
