// One project of Docker Compose: the files of the repository, unmodified.
import { ProjectCaller } from './caller.js';

/** The published ports of the first project: not the defaults, on which a stack of `npm start` may listen. */
const PORTS = { GRPC_PORT: 50_351, HTTP_PORT: 8380, SIM_PORT: 8390, CONSOLE_PORT: 8382, KAFKA_PORT: 29_392 };

export class Project {
  /** @param env what a `.env` file would have. @param offset of its published ports from those of the first project. */
  constructor(engine, root, { name, file = 'docker-compose.yml', env = {}, offset = 0 }) {
    this.engine = engine;
    this.name = name;
    this.root = root;
    const project = name === undefined ? [] : ['--project-name', name];
    this.args = ['compose', '--progress', 'quiet', '--file', file, ...project];
    this.ports = Object.fromEntries(Object.entries(PORTS).map(([port, at]) => [port, String(at + offset)]));
    this.env = { ...this.ports, ...env };
    this.caller = new ProjectCaller(this.ports);
  }

  compose(...args) {
    return this.engine.dockerIn({ cwd: this.root, env: this.env }, ...this.args, ...args);
  }

  /** Resolves with the milliseconds until everything was healthy. */
  async up(...args) {
    const begin = performance.now();
    await this.compose('up', '--wait', ...args);
    return performance.now() - begin;
  }

  /** The containers of a service, or of all, also those that have ended. */
  async containers(service) {
    const ids = await this.compose('ps', '--all', '--quiet', ...(service === undefined ? [] : [service]));
    const found = ids.split('\n').filter(Boolean);
    if (found.length === 0) return [];
    return JSON.parse(await this.engine.docker('inspect', ...found)).map(
      ({ Id, State, RestartCount, HostConfig, Mounts, Config }) => ({
        ...{ id: Id, state: State, restarts: RestartCount, host: HostConfig, mounts: Mounts },
        service: Config.Labels['com.docker.compose.service'],
      }),
    );
  }

  async exitCodes() {
    const all = await this.containers();
    return Object.fromEntries(all.map(({ service, state }) => [service, state.ExitCode]));
  }

  logs(service) {
    return this.compose('logs', '--no-log-prefix', '--no-color', service);
  }

  /** It may be started again: the check begins with the removal of what an earlier one has left. */
  async remove() {
    this.caller.close();
    this.caller = new ProjectCaller(this.ports);
    await this.compose('down', '--volumes', '--timeout', '1').catch(() => undefined);
  }
}
