import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { program } from '../processes/program.js';
import { StackError } from '../processes/stack-error.js';
import { generatePlatform, simulatedWechat, withPlatform } from './stack-env.js';

const APPS = { gateway: 'apps/gateway/dist/main.js', worker: 'apps/release-worker/dist/main.js' };
/** Placeholders for servers that do not run yet. */
const PLACEHOLDERS = { DATABASE_URL: 'postgres://127.0.0.1/postgres', KAFKA_BROKERS: '127.0.0.1:9092' };

/** Runs each app with `--check` and throws all configuration errors as one StackError. */
export async function checkSettings(given: Record<string, string>): Promise<void> {
  const env = given.WECHAT_API_URL
    ? given
    : simulatedWechat(withPlatform(generatePlatform(), given), 'http://127.0.0.1');
  const faults = await Promise.all(
    Object.entries(APPS).map(([name, path]) => faultsOf(name, path, { ...PLACEHOLDERS, ...env })),
  );
  const found = faults.filter((fault) => fault !== undefined);
  if (found.length > 0) throw new StackError(found.join('\n'));
}

async function faultsOf(
  name: string,
  path: string,
  env: Record<string, string>,
): Promise<string | undefined> {
  try {
    await promisify(execFile)(process.execPath, [program(path), '--check'], { env });
    return undefined;
  } catch (error) {
    const output = (error as { stderr?: string }).stderr?.trim() || String(error);
    return `${name} has an invalid configuration:\n${output}`;
  }
}
