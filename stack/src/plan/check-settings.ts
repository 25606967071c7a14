import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { program } from '../processes/program.js';
import { StackError } from '../processes/stack-error.js';
import { generatePlatform, simulatedWechat, withPlatform } from './stack-env.js';

const APPS = { gateway: 'gateway', worker: 'release-worker' };
/** Placeholders for servers that do not run yet. */
const PLACEHOLDERS = { DATABASE_URL: 'postgres://127.0.0.1/postgres', KAFKA_BROKERS: '127.0.0.1:9092' };

/** Runs each app with `--check` and throws all configuration errors as one StackError. */
export async function checkSettings(given: Record<string, string>): Promise<void> {
  const env = given.WECHAT_API_URL
    ? given
    : simulatedWechat(withPlatform(generatePlatform(), given), 'http://127.0.0.1');
  const faults = await Promise.all(
    Object.entries(APPS).map(([name, app]) => faultsOf(name, app, { ...PLACEHOLDERS, ...env })),
  );
  const found = faults.filter((fault) => fault !== undefined);
  if (found.length > 0) throw new StackError(found.join('\n'));
}

async function faultsOf(name: string, app: string, env: Record<string, string>): Promise<string | undefined> {
  try {
    await promisify(execFile)(process.execPath, [program(app), '--check'], { env });
    return undefined;
  } catch (error) {
    const output = (error as { stderr?: string }).stderr?.trim() || String(error);
    return `${name} has an invalid configuration:\n${output}`;
  }
}
