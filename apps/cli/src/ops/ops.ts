import { readFileSync } from 'node:fs';
import { status as Code, type ServiceError } from '@grpc/grpc-js';
import { configOrExit } from '@wxa/service';
import { poolOf, templatesOf } from '@wxa/store';
import { databaseCommand, withDatabase } from '../database.js';
import { EXIT, fail } from '../exit-codes.js';
import { ArgumentError, appidsIn, type CancelCommand, parseArguments, USAGE } from './arguments.js';
import { type Cancelling, cancelAll, findWaiting, type Waiting } from './cancel.js';
import { Gateway, gatewayCommand } from './gateway.js';

/** Operations whose templates are read at once. */
const BATCH = 1_000;

/** `wxa ops`: cancels waiting operations. */
export async function run(args: string[]): Promise<number> {
  const { command, appids } = parseOrExit(args);
  const database = command.template === undefined ? undefined : configOrExit(databaseCommand);
  const gateway = new Gateway(configOrExit(gatewayCommand));
  try {
    const found = await findWaiting(gateway, command);
    const ofAppids = found.filter(({ appid }) => appids?.has(appid) ?? true);
    const waiting =
      database === undefined
        ? ofAppids
        : await withDatabase(database, 'ops', (dataSource) =>
            ofTemplate(poolOf(dataSource), ofAppids, command.template),
          );
    return command.dryRun ? list(waiting) : await cancel(gateway, waiting, command);
  } catch (error) {
    return failed(error);
  } finally {
    gateway.close();
  }
}

function parseOrExit(args: string[]): { command: CancelCommand; appids: Set<string> | undefined } {
  try {
    const command = parseArguments(args);
    return { command, appids: command.appidFile === undefined ? undefined : appidsOf(command.appidFile) };
  } catch (error) {
    if (!(error instanceof ArgumentError)) throw error;
    return fail(`${USAGE}\n${error.message}`, EXIT.usage);
  }
}

function appidsOf(file: string): Set<string> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new ArgumentError(`--appid-file: ${(error as Error).message}`);
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

/** Codes of a call, with the exit codes they mean. */
const CODES: Partial<Record<Code, number>> = {
  [Code.UNAUTHENTICATED]: EXIT.notPermitted,
  [Code.PERMISSION_DENIED]: EXIT.notPermitted,
  [Code.INVALID_ARGUMENT]: EXIT.usage,
};

function failed(error: unknown): number {
  if (!(error instanceof Error && 'code' in error && 'details' in error)) throw error;
  const { code, details } = error as ServiceError;
  console.error(`gateway: ${Code[code]}: ${details}`);
  return CODES[code] ?? EXIT.unavailable;
}
