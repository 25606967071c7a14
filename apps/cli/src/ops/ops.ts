import { readFileSync } from 'node:fs';
import { configOrExit } from '@wxa/service';
import { poolOf, templatesOf } from '@wxa/store';
import { databaseCommand, withDatabase } from '../database.js';
import { EXIT, UsageError } from '../exit-codes.js';
import { type Gateway, withGateway } from '../gateway/gateway.js';
import { appidsIn, type CancelCommand, parseArguments } from './arguments.js';
import { type Cancelling, cancelAll, findWaiting, type Waiting } from './cancel.js';

/** Operations whose templates are read at once. */
const BATCH = 1_000;

/** `wxa ops`: cancels waiting operations. */
export async function run(args: string[]): Promise<number> {
  const command = parseArguments(args);
  const appids = command.appidFile === undefined ? undefined : appidsOf(command.appidFile);
  const database = command.template === undefined ? undefined : configOrExit(databaseCommand);
  return withGateway({}, async (gateway) => {
    const found = await findWaiting(gateway, command);
    const ofAppids = found.filter(({ appid }) => appids?.has(appid) ?? true);
    const waiting =
      database === undefined
        ? ofAppids
        : await withDatabase(database, 'ops', (dataSource) =>
            ofTemplate(poolOf(dataSource), ofAppids, command.template),
          );
    return command.dryRun ? list(waiting) : cancel(gateway, waiting, command);
  });
}

function appidsOf(file: string): Set<string> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(`--appid-file: ${(error as Error).message}`);
  }
  return appidsIn(text);
}

async function ofTemplate(
  pool: ReturnType<typeof poolOf>,
  waiting: Waiting[],
  template: string | undefined,
): Promise<Waiting[]> {
  const found: Waiting[] = [];
  for (let i = 0; i < waiting.length; i += BATCH) {
    const batch = waiting.slice(i, i + BATCH);
    const templates = await templatesOf(
      pool,
      batch.map(({ id }) => id),
    );
    found.push(...batch.filter(({ id }) => templates.get(id) === template));
  }
  return found;
}

function list(waiting: Waiting[]): number {
  for (const { id, appid } of waiting) console.log(`${id} ${appid}`);
  console.log(`${waiting.length} operations would be cancelled`);
  return EXIT.ok;
}

async function cancel(gateway: Gateway, waiting: Waiting[], { reason }: CancelCommand): Promise<number> {
  let done: Cancelling = { cancelled: 0, tooLate: 0 };
  try {
    done = await cancelAll(gateway, waiting, reason, (now) => {
      done = now;
      progress(now, waiting.length);
    });
  } finally {
    console.log(summary(done, waiting.length));
  }
  return EXIT.ok;
}

function progress({ cancelled, tooLate }: Cancelling, of: number): void {
  if (process.stderr.isTTY) process.stderr.write(`\r${cancelled + tooLate} of ${of}`);
  if (process.stderr.isTTY && cancelled + tooLate === of) process.stderr.write('\n');
}

function summary({ cancelled, tooLate }: Cancelling, of: number): string {
  const left = of - cancelled - tooLate;
  return `${cancelled} operations cancelled, ${tooLate} too late, ${left} left`;
}
