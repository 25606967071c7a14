// A container engine of our own: Debian's packages, with data, sockets and pid file in one folder. Stopped by its pid file.
import { spawn } from 'node:child_process';
import { existsSync, openSync, readFileSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { run } from '../programs.js';

const INSTALL = fileURLToPath(new URL('../../../.ci/install-debian', import.meta.url));
const PACKAGES = ['docker.io', 'docker-cli', 'docker-compose', 'docker-buildx', 'debootstrap'];
const PROGRAMS = [
  '/usr/sbin/dockerd',
  '/usr/sbin/debootstrap',
  '/usr/libexec/docker/cli-plugins/docker-compose',
  '/usr/libexec/docker/cli-plugins/docker-buildx',
];
/** Outside of the networks that Docker takes by default, so that a check does not meet another engine. */
const NETWORKS = { bip: '10.199.0.1/24', 'default-address-pool': 'base=10.200.0.0/16,size=24', mtu: '1400' };
const START_MS = 30_000;

/** Installs what is missing. Rejects with one sentence if this machine cannot have an engine. */
export async function installEngine() {
  if (PROGRAMS.every(existsSync)) return;
  await run(INSTALL, PACKAGES).catch((error) => {
    throw new Error(
      `No container engine: apt-get cannot install ${PACKAGES.join(', ')} here (${lastLine(error)}); CHECK_COMPOSE=skip skips this check.`,
    );
  });
}

/** Starts dockerd with its data in `folder`. */
export async function startEngine(folder) {
  await mkdir(folder, { recursive: true });
  const path = (name) => join(folder, name);
  const logFile = path('dockerd.log');
  const log = openSync(logFile, 'w');
  await stopByPidFile(path('dockerd.pid'));
  const options = {
    'data-root': path('data'),
    'exec-root': path('exec'),
    pidfile: path('dockerd.pid'),
    host: `unix://${path('docker.sock')}`,
    ...NETWORKS,
  };
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]);
  const dockerd = spawn('/usr/sbin/dockerd', args, { stdio: ['ignore', log, log], detached: true });
  dockerd.unref();
  return new Engine(folder, logFile).untilReady();
}

class Engine {
  constructor(folder, logFile) {
    this.folder = folder;
    this.logFile = logFile;
    this.env = {
      DOCKER_HOST: `unix://${join(folder, 'docker.sock')}`,
      DOCKER_BUILDKIT: '1',
      BUILDKIT_PROGRESS: 'plain',
    };
  }

  async untilReady() {
    const until = performance.now() + START_MS;
    for (;;) {
      try {
        await this.docker('version');
        return this;
      } catch {
        if (performance.now() > until)
          throw new Error(
            `No container engine: dockerd does not start here (${lastLine({ stderr: readFileSync(this.logFile, 'utf8') })}).`,
          );
        await delay(200);
      }
    }
  }

  /** Runs docker; resolves with its stdout, rejects with the last lines of its output. */
  docker(...args) {
    return this.dockerIn({}, ...args);
  }

  async dockerIn({ env = {}, cwd, timeoutMs = 600_000 }, ...args) {
    const options = {
      cwd,
      env: { ...process.env, ...this.env, ...env },
      timeout: timeoutMs,
    };
    const { stdout } = await run('docker', args, options).catch((error) => {
      const output = `${error.stdout}${error.stderr}`.trim();
      const failure = new Error(`docker ${args.join(' ')}: ${output.split('\n').slice(-30).join('\n')}`);
      throw Object.assign(failure, { output, code: error.code });
    });
    return stdout;
  }

  /** Ends every container, then dockerd by its pid file; also after `stopPrograms`. */
  async stop() {
    const options = { env: { ...process.env, ...this.env }, signal: undefined };
    const { stdout } = await run('docker', ['ps', '--all', '--quiet'], options).catch(() => ({ stdout: '' }));
    const ids = stdout.split('\n').filter(Boolean);
    if (ids.length > 0) await run('docker', ['rm', '--force', ...ids], options).catch(() => undefined);
    await stopByPidFile(join(this.folder, 'dockerd.pid'));
  }
}

/** Also ends the engine of a check that was killed. */
async function stopByPidFile(pidFile) {
  if (!existsSync(pidFile)) return;
  const pid = Number(readFileSync(pidFile, 'utf8'));
  const isRunning = () =>
    existsSync(`/proc/${pid}`) && readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === 'dockerd';
  if (isRunning()) process.kill(pid, 'SIGTERM');
  for (let i = 0; i < 150 && isRunning(); i++) await delay(100);
  if (isRunning()) process.kill(pid, 'SIGKILL');
  await rm(pidFile, { force: true });
}

function lastLine(error) {
  return String(error.stderr || error.message)
    .trim()
    .split('\n')
    .at(-1);
}
