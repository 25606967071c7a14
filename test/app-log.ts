import { readFile } from 'node:fs/promises';
import type { App } from '@wxa/stack';

/** The log lines of an app with a message. */
export async function logged(app: App, message: string): Promise<Record<string, unknown>[]> {
  return (await linesOf(app)).filter(({ msg }) => String(msg).startsWith(message));
}

/** The apps that ended by themselves, with their last fatal lines. A test that expects it empties an app's `ownExits`. */
export async function ownEnds(apps: readonly App[]): Promise<string[]> {
  const ended = apps.filter(({ ownExits }) => ownExits.length > 0);
  return Promise.all(
    ended.map(async (app) => {
      const fatal = (await linesOf(app)).findLast(({ level }) => level === 'fatal');
      return `${app.name} ${JSON.stringify(app.ownExits)} ${JSON.stringify(fatal)}`;
    }),
  );
}

async function linesOf({ logFile }: App): Promise<Record<string, unknown>[]> {
  const lines = (await readFile(logFile, 'utf8')).split('\n').filter((line) => line.startsWith('{'));
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}
