import type { CommonValues } from '../calls/call.js';
import { textIn } from '../calls/units.js';
import { EXIT, UsageError } from '../exit-codes.js';
import { explain, isServiceError } from '../gateway/failure.js';
import { type Gateway, withGateway } from '../gateway/gateway.js';
import { inParallel } from '../ops/in-parallel.js';
import { json as jsonOf } from '../output/printable.js';
import { ProgressLine } from '../restore/progress.js';

const DEADLINE_MS = 60_000;

/** A line of the file. The token is secret: no message repeats it. */
interface Import {
  appid: string;
  refreshToken: string;
}

/** The result for one mini-program. */
interface Imported {
  appid: string;
  imported: boolean;
  error?: string;
}

/** `wxa authorizers import`: imports mini-programs with their refresh tokens, one JSON object a line. */
export async function importAll(values: CommonValues & { file: string }): Promise<number> {
  const imports = importsIn(textIn(values.file, '--file'));
  const progress = new ProgressLine();
  const results: Imported[] = [];
  return withGateway(values, async (gateway) => {
    await inParallel(imports, async (given) => {
      const result = await importOne(gateway, given);
      results.push(result);
      print(result, values.json);
      progress.show(`${results.length} of ${imports.length}`);
    });
    progress.end();
    const failed = results.filter(({ imported }) => !imported).length;
    console.error(`${results.length - failed} imported, ${failed} failed`);
    return failed === 0 ? EXIT.ok : EXIT.notFound;
  });
}

function print(result: Imported, json: boolean | undefined): void {
  const { appid, imported, error } = result;
  console.log(json ? jsonOf(result) : imported ? `${appid}\timported` : `${appid}\tfailed\t${error}`);
}

/** A mini-program that WeChat or the gateway rejects fails alone; an import may be repeated. */
async function importOne(gateway: Gateway, { appid, refreshToken }: Import): Promise<Imported> {
  try {
    await gateway.call('Authorizers/ImportAuthorizer', { appid, refreshToken }, { deadlineMs: DEADLINE_MS });
    return { appid, imported: true };
  } catch (error) {
    if (!isServiceError(error)) throw error;
    const { lines, code } = explain(error);
    if (code === EXIT.unavailable || code === EXIT.notPermitted) throw error;
    return { appid, imported: false, error: lines.join('; ') };
  }
}

/** The mini-programs of a file. Throws UsageError before anything is imported. */
export function importsIn(text: string): Import[] {
  const lines = text.split(/\r?\n/).map((line, i) => ({ line: line.trim(), number: i + 1 }));
  return lines.flatMap(({ line, number }) => (line === '' ? [] : [importIn(line, number)]));
}

function importIn(line: string, number: number): Import {
  const fault = (what: string) => new UsageError(`--file: line ${number} ${what}`);
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch {
    throw fault('is not a JSON object');
  }
  // proto3's JSON has both spellings.
  const { appid, refresh_token: snake, refreshToken = snake } = (parsed ?? {}) as Record<string, unknown>;
  if (typeof appid !== 'string' || !/^wx[0-9a-f]{16}$/.test(appid)) throw fault('has no valid appid');
  if (typeof refreshToken !== 'string' || refreshToken === '') throw fault('has no refresh_token');
  return { appid, refreshToken };
}
