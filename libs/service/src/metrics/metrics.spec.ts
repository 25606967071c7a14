import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Metric, register } from '@prometheus-io/client';
import { counter, gauge, histogram } from './metrics.js';

const seriesOf = async (name: string) =>
  (await register.metrics())
    .split('\n')
    .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));

// Modules of the product define the same metrics when another spec file has loaded them.
const others = register.getMetricsAsArray() as unknown as Metric[];
beforeAll(() => register.clear());
afterAll(() => {
  register.clear();
  for (const metric of others) register.registerMetric(metric);
});

describe('counter', () => {
  it('A value outside a closed set of label values is counted as other', async () => {
    const retries = counter('wxa_retries_total');
    retries.inc({ result: 'granted' });
    for (const result of ['a', 'b']) retries.inc({ result });
    const series = ['granted"} 1', 'other"} 2'].map((text) => `wxa_retries_total{result="${text}`);
    expect(await seriesOf('wxa_retries_total')).toEqual(series);
  });

  it('A label without a listed set has at most 300 values; further ones are counted as other', async () => {
    const deleted = counter('wxa_retention_deleted_total');
    for (let n = 0; n < 400; n += 1) deleted.inc({ table: `table-${n}` });
    const series = await seriesOf('wxa_retention_deleted_total');
    expect(series).toHaveLength(301);
    expect(series.at(-1)).toBe('wxa_retention_deleted_total{table="other"} 100');
  });

  it('A counter begins at 0 for the given label values', async () => {
    counter('wxa_callbacks_previous_credential_total', [{ kind: 'token' }]);
    expect(await seriesOf('wxa_callbacks_previous_credential_total')).toEqual([
      'wxa_callbacks_previous_credential_total{kind="token"} 0',
    ]);
  });
});

describe('histogram', () => {
  it('A histogram counts each value in all buckets from its own on, and a value above them all in +Inf only', async () => {
    const size = histogram('wxa_postgres_batch_size');
    for (const items of [1, 2, 3, 501]) size.observe({ batch: 'claim' }, items);
    size.observe({ batch: 'unheard of' }, 500);
    const name = 'wxa_postgres_batch_size';
    const buckets = (await seriesOf(`${name}_bucket`)).filter((line) => line.includes('claim'));
    const counts = [1, 2, 3, 3, 3, 3, 3, 3, 3, 4].map(String);
    expect(buckets.map((line) => line.split(' ')[1])).toEqual(counts);
    expect(await seriesOf(`${name}_sum`)).toEqual([
      `${name}_sum{batch="claim"} 507`,
      `${name}_sum{batch="other"} 500`,
    ]);
    size.observe({ batch: 'claim' }, 0);
    expect(await seriesOf(`${name}_count`)).toEqual([
      `${name}_count{batch="claim"} 5`,
      `${name}_count{batch="other"} 1`,
    ]);
  });

  it('A histogram without labels has its series from the start', async () => {
    histogram('wxa_outbox_publish_duration_seconds');
    expect(await seriesOf('wxa_outbox_publish_duration_seconds_count')).toEqual([
      'wxa_outbox_publish_duration_seconds_count 0',
    ]);
  });
});

describe('gauge', () => {
  it('A gauge has no series until it is set, and none after it is cleared', async () => {
    const open = gauge('wxa_audits_open');
    expect(await seriesOf('wxa_audits_open')).toEqual([]);
    open.set({}, 3);
    expect(await seriesOf('wxa_audits_open')).toEqual(['wxa_audits_open 3']);
    open.clear();
    expect(await seriesOf('wxa_audits_open')).toEqual([]);
  });

  it('A collected gauge has the series of the last read only', async () => {
    let read: [{ api: string; limit: string }, number][] = [[{ api: 'wxa/commit', limit: 'platform' }, 1]];
    gauge('wxa_rate_limit_waiting').collect(() => read);
    expect(await seriesOf('wxa_rate_limit_waiting')).toEqual([
      'wxa_rate_limit_waiting{api="wxa/commit",limit="platform"} 1',
    ]);
    read = [];
    expect(await seriesOf('wxa_rate_limit_waiting')).toEqual([]);
  });
});
