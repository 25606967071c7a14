import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { eventually } from '../eventually.js';

const TEMPORARY = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];

/** Debian's nginx, with its files in one folder. */
export class Nginx {
  stderr = '';

  private constructor(
    readonly port: number,
    private readonly process: ChildProcess,
  ) {
    process.stderr?.on('data', (chunk) => {
      this.stderr += chunk;
    });
  }

  /** Resolves when it accepts connections at its port. @param http what is in the block `http`. */
  static async start(folder: string, port: number, http: string): Promise<Nginx> {
    const file = join(folder, 'nginx.conf');
    writeFileSync(
      file,
      `daemon off; master_process off; pid ${folder}/nginx.pid; error_log stderr; events { worker_connections 16384; }
http {
  access_log off;
  ${TEMPORARY.map((name) => `${name}_temp_path ${folder}/${name};`).join(' ')}
  ${http}
}
`,
    );
    const env = { PATH: `${process.env.PATH}:/usr/sbin` };
    const run = spawn('nginx', ['-e', 'stderr', '-p', folder, '-c', file], { env });
    const nginx = new Nginx(port, run);
    const failed = new Promise<never>((_, reject) => {
      run.once('error', (error) => reject(new Error(`.ci/install-debian nginx-light: ${error.message}`)));
      run.once('exit', (code) => reject(new Error(`nginx ended with ${code}: ${nginx.stderr}`)));
    });
    failed.catch(() => undefined);
    await Promise.race([failed, eventually(() => accepts(port))]);
    return nginx;
  }

  async stop(): Promise<void> {
    if (this.process.kill()) await once(this.process, 'exit');
  }
}

async function accepts(port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
  } finally {
    socket.destroy();
  }
}
