import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { TOPICS } from '@wxa/contracts';
import { load } from 'js-yaml';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const operations = read('docs/operations.md');
const production = load(read('docker-compose.production.yml')) as {
  services: Record<string, { environment: Record<string, string> }>;
};

/** A section of a page, without its subsections. */
function section(page: string, title: string): string {
  const found = page.split(/^#+ /m).find((text) => text.startsWith(`${title}\n`));
  if (found === undefined) throw new Error(`no section ${title}`);
  return found;
}

interface Scrape {
  job_name: string;
  static_configs?: { targets: string[] }[];
  dns_sd_configs?: { names: string[]; port: number }[];
}

/** The address of each job, as `service:port`. */
function scraped(): Map<string, string> {
  const [, yaml = ''] = /```yaml\n([\s\S]*?)```/.exec(section(operations, 'Prometheus')) ?? [];
  const { scrape_configs: jobs } = load(yaml) as { scrape_configs: Scrape[] };
  return new Map(
    jobs.map(({ job_name: job, static_configs: fixed = [], dns_sd_configs: dns = [] }) => {
      const byName = dns.map(({ names, port }) => `${names.join()}:${port}`);
      return [job, [...fixed.flatMap(({ targets }) => targets), ...byName].join()];
    }),
  );
}

describe('docs/operations.md', () => {
  it('The configuration of Prometheus has every job that an alert names', () => {
    const rules = read('deploy/alerts/rules.yaml');
    const named = new Set([...rules.matchAll(/job="([^"]+)"/g)].map(([, job = '']) => job));
    expect(named.size).toBeGreaterThan(1);
    expect([...scraped().keys()]).toEqual(expect.arrayContaining([...named]));
  });

  it('The configuration of Prometheus scrapes the admin address of each service of docker-compose.production.yml', () => {
    for (const [job, address] of scraped()) {
      const { environment } = production.services[job.replace('wxa-', '')] ?? { environment: {} };
      const admin = environment.ADMIN_ADDR ?? environment.WORKER_HTTP_ADDR ?? '';
      expect(address).toBe(`${job.replace('wxa-', '')}:${admin.split(':')[1]}`);
    }
  });
});

describe('docs/runbooks.md', () => {
  const runbooks = read('docs/runbooks.md');

  it('The procedure for a lost topic says what to do about each topic', () => {
    const text = section(runbooks, 'Lost topic');
    const names = Object.keys(TOPICS).map((name) => (name === 'deadLetters' ? 'dlq' : name));
    expect(names.filter((name) => !text.includes(`\`${name}\``))).toEqual([]);
  });

  it("The procedure for a customer's data names every setting of retention", () => {
    const settings = new Set(read('docs/configuration.md').match(/\b[A-Z]+_RETENTION_MS\b/g));
    const text = section(runbooks, "Deleting a customer's data");
    expect(settings.size).toBe(4);
    expect([...settings].filter((setting) => !text.includes(setting))).toEqual([]);
  });
});
