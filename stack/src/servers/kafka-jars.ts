import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Child } from '../processes/child.js';
import { exists } from '../processes/folders.js';
import { tieFolder, untieFolder } from '../processes/lifeline.js';
import { withProgress } from '../processes/progress.js';
import { knownFault, StackError } from '../processes/stack-error.js';
import { orAborted } from '../processes/wait.js';
import type { Java } from './java.js';

const POM = fileURLToPath(new URL('../../kafka/pom.xml', import.meta.url));

/**
 * The folder with Kafka's jars. Maven fetches them once per user and pom into `$XDG_CACHE_HOME/wxa-code` (default
 * `~/.cache/wxa-code`). The folder is filled under another name and then renamed, so concurrent starts are safe.
 */
export async function kafkaJars(signal?: AbortSignal): Promise<string> {
  const folder = join(cacheFolder(), `kafka-${await pomName()}`);
  if (!(await exists(folder)))
    await withProgress('Fetching Apache Kafka with Maven, once', fetchJars(folder, signal));
  return folder;
}

/**
 * The JVM's flags for starts from an archive of loaded classes (class data sharing), which needs half of the CPU time. The
 * archive, about 50 MB, is next to the jars; it is recorded once per user, pom and release of Java.
 * @param record starts a Kafka with this flag and ends it, upon which the JVM writes the archive. If it rejects, there are no flags.
 */
export async function sharedClasses(
  jars: string,
  { release }: Java,
  record: (flag: string) => Promise<void>,
): Promise<string[]> {
  const archive = `${jars}-${shortHash(release)}.jsa`;
  const recorded =
    (await exists(archive)) ||
    (await withProgress('Recording the classes of Apache Kafka, once', recordClasses(archive, record)));
  return recorded ? [`-XX:SharedArchiveFile=${archive}`] : [];
}

async function recordClasses(archive: string, record: (flag: string) => Promise<void>): Promise<boolean> {
  const partial = await mkdtemp(join(cacheFolder(), 'recording-'));
  tieFolder(partial);
  try {
    const file = join(partial, 'classes.jsa');
    await record(`-XX:ArchiveClassesAtExit=${file}`);
    await rename(file, archive);
    return true;
  } catch {
    // Kafka runs without it; if it does not start at all, the start that follows says why.
    return false;
  } finally {
    await rm(partial, { recursive: true, force: true });
    untieFolder(partial);
  }
}

export function cacheFolder(): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'wxa-code');
}

async function pomName(): Promise<string> {
  const pom = await readFile(POM, 'utf8');
  const [, version] = /<artifactId>kafka_2\.13<\/artifactId>\s*<version>([^<]+)/.exec(pom) ?? [];
  return `${version}-${shortHash(pom)}`;
}

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 8);
}

async function fetchJars(folder: string, signal: AbortSignal | undefined): Promise<void> {
  await mkdir(cacheFolder(), { recursive: true });
  const partial = await mkdtemp(join(cacheFolder(), 'fetching-'));
  tieFolder(partial);
  try {
    await runMaven(partial, signal);
    // Maven writes its log next to the jars.
    await rm(join(partial, 'maven.log'), { force: true });
    await rename(partial, folder).catch(async (error) => {
      // A concurrent start was faster; its folder is equivalent.
      if (!(await exists(folder))) throw error;
    });
  } finally {
    await rm(partial, { recursive: true, force: true });
    untieFolder(partial);
  }
}

async function runMaven(into: string, signal: AbortSignal | undefined): Promise<void> {
  const args = ['-B', '-q', '-f', POM, 'dependency:copy-dependencies', `-DoutputDirectory=${into}`];
  const maven = await Child.start({
    name: 'Maven',
    command: 'mvn',
    args,
    logFile: join(into, 'maven.log'),
  }).catch((error) => {
    throw error.code === 'ENOENT' ? missingMaven() : error;
  });
  try {
    const { code } = await orAborted(maven.exited, signal);
    if (code !== 0) throw failedMaven(await maven.lastLines());
  } finally {
    await maven.stop('SIGTERM', 2000);
  }
}

function missingMaven(): StackError {
  return new StackError(
    'Maven (mvn), which downloads the embedded Kafka, was not found: install Maven, or set KAFKA_BROKERS to a broker.',
  );
}

function failedMaven(output: string): StackError {
  const first = output.split('\n').find((line) => line.includes('ERROR')) ?? output.slice(0, 300);
  return (
    knownFault(output, 'Maven') ??
    new StackError(
      `Maven could not fetch Apache Kafka; check the network and start again. Its output: ${first}`,
    )
  );
}
