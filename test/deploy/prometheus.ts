import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { freePort } from '@wxa/stack';
import { eventually } from '../eventually.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Addresses with `/metrics`, by job. */
export type Targets = Record<string, string[]>;

/** Debian's Prometheus with the alerts of the repository, whose times are 60 times shorter. */
export class Prometheus {
  private constructor(
    private readonly url: string,
    private readonly end: () => Promise<void>,
  ) {}

  /** Scrapes and evaluates every second. */
  static async start(targets: Targets): Promise<Prometheus> {
    const folder = await mkdtemp(join(tmpdir(), 'wxa-prometheus-'));
    const { stdout } = await promisify(execFile)(process.execPath, ['deploy/check/shorten-rules.js'], {
      cwd: ROOT,
    });
    await writeFile(join(folder, 'rules.yaml'), stdout);
    await writeFile(join(folder, 'prometheus.yaml'), JSON.stringify(configuration(targets)));
    const address = `127.0.0.1:${await freePort()}`;
    const args = [
      `--config.file=${join(folder, 'prometheus.yaml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=${address}`,
      '--log.level=error',
    ];
    const child = execFile('prometheus', args);
    const exited = new Promise<void>((resolve) => {
      child.on('exit', () => resolve());
      child.on('error', () => resolve());
    });
    const end = async () => {
      child.kill();
      await exited;
      await rm(folder, { recursive: true, force: true });
    };
    const prometheus = new Prometheus(`http://${address}`, end);
    await eventually(async () => (await fetch(`http://${address}/-/ready`)).ok);
    return prometheus;
  }

  stop(): Promise<void> {
    return this.end();
  }

  /** The names of the alerts that fire. */
  async firing(): Promise<string[]> {
    const { alerts } = await this.ask<{ alerts: { state: string; labels: { alertname: string } }[] }>(
      'alerts',
    );
    return alerts.filter(({ state }) => state === 'firing').map(({ labels }) => labels.alertname);
  }

  /** Waits until an alert fires. */
  async untilFiring(alert: string): Promise<void> {
    await eventually(async () => {
      const firing = await this.firing();
      if (!firing.includes(alert)) throw new Error(`${alert} does not fire, but ${firing}`);
    });
  }

  /** The names of all series with a sample. */
  async names(): Promise<Set<string>> {
    return new Set(await this.ask<string[]>('label/__name__/values'));
  }

  private async ask<T>(path: string): Promise<T> {
    const response = await fetch(`${this.url}/api/v1/${path}`);
    return ((await response.json()) as { data: T }).data;
  }
}

function configuration(targets: Targets) {
  return {
    global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
    rule_files: ['rules.yaml'],
    scrape_configs: Object.entries(targets).map(([job, addresses]) => ({
      job_name: job,
      static_configs: [{ targets: addresses }],
    })),
  };
}
