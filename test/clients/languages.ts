import { execFile } from 'node:child_process';
import { cp, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '../..');
const CLIENTS = join(ROOT, 'clients');

export const SERVICE_CONFIG = join(CLIENTS, 'service-config.json');

/** The example of one language: programs with their first arguments, and the environment that they need. */
export interface Example {
  release: string[];
  /** The consumer of outcomes. */
  outcomes: string[];
  /** Follows one audit; only in Python. */
  audit?: string[];
  env?: Record<string, string>;
}

type Programs = [release: string[], outcomes: string[], audit: string[]];

/** Generates the stubs into a folder and builds the example. */
type Build = (folder: string) => Promise<Example>;

/** The languages of docs/clients.md. Java needs Maven; the others need the packages of Debian that the page names. */
const LANGUAGES: Record<string, Build> = {
  java: async () => {
    await run('mvn', ['-q', '-B', 'package'], { cwd: join(CLIENTS, 'java') });
    const classpath = ['target/classes', 'target/lib/*'].map((path) => join(CLIENTS, 'java', path)).join(':');
    const java = ['java', '-XX:TieredStopAtLevel=1', '-cp', classpath];
    return { release: [...java, 'example.Release'], outcomes: [...java, 'example.Outcomes'] };
  },

  python: async (folder) => {
    const plugin = '--plugin=protoc-gen-grpc=/usr/bin/grpc_python_plugin';
    await protoc([plugin, `--python_out=${folder}`, `--grpc_out=${folder}`]);
    const program = (name: string) => ['/usr/bin/python3', join(CLIENTS, 'python', name)];
    const env = { PYTHONPATH: folder, PYTHONDONTWRITEBYTECODE: '1' };
    const [release, outcomes, audit] = ['release.py', 'outcomes.py', 'audit.py'].map(program) as Programs;
    return { release, outcomes, audit, env };
  },

  go: async (folder) => {
    await protoc([`--go_out=${folder}/src`, `--go-grpc_out=${folder}/src`], `${folder}/src`);
    await cp(join(CLIENTS, 'go'), `${folder}/src/example`, { recursive: true });
    const env = { ...process.env, GO111MODULE: 'off', GOPATH: `${folder}:/usr/share/gocode` };
    await run('go', ['build', '-o', `${folder}/release`, 'example'], { env });
    await run('go', ['build', '-o', `${folder}/outcomes`, 'example/outcomes'], { env });
    return { release: [`${folder}/release`], outcomes: [`${folder}/outcomes`] };
  },
};

/** The languages that CLIENTS names; by default all. */
export const CHOSEN = (process.env.CLIENTS ?? Object.keys(LANGUAGES).join()).split(',');

/** Builds the example of a language in a folder. */
export function exampleIn(language: string, folder: string): Promise<Example> {
  const build = LANGUAGES[language];
  if (build === undefined)
    throw new Error(`CLIENTS names ${language}, which is not in test/clients/languages.ts`);
  return build(folder);
}

async function protoc(args: string[], folder?: string): Promise<void> {
  if (folder !== undefined) await mkdir(folder, { recursive: true });
  const protos = (await readdir(join(ROOT, 'proto/wxa/code/v1'))).map((file) => `wxa/code/v1/${file}`);
  await run('protoc', ['-I', 'proto', ...args, ...protos], { cwd: ROOT });
}
