import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import type { Definition } from './definition.js';
import { METRICS } from './metrics.js';
import { metricsPage } from './metrics-page.js';

const definitions: [string, Definition][] = Object.entries(METRICS);

it('docs/metrics.md is the output of `npm run docs:metrics`', () => {
  const page = readFileSync(new URL('../../../../docs/metrics.md', import.meta.url), 'utf8');
  expect(page).toBe(metricsPage());
});

describe('METRICS', () => {
  it('The help of a metric says whether it is deployment-wide', () => {
    for (const [name, { help, scope }] of definitions)
      expect([name, help.startsWith('Deployment-wide: ')]).toEqual([name, scope !== 'P']);
  });

  it('Counters end in _total, histograms in their unit, and no label can identify one operation or mini-program', () => {
    for (const [name, { kind, labels = {}, buckets }] of definitions) {
      expect([name, name.endsWith('_total')]).toEqual([name, kind === 'counter']);
      expect([name, buckets !== undefined]).toEqual([name, kind === 'histogram']);
      expect(name).toMatch(/^(wxa_[a-z_]+|grpc_server_(started_total|handled_total|handling_seconds))$/);
      for (const label of Object.keys(labels))
        expect(label).not.toMatch(/appid|operation|request|message|peer|url/);
    }
  });
});
