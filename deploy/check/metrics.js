/** Default metrics, and the series that Prometheus makes of each scrape. */
const OF_PROCESSES = /^(up|(process|nodejs)_\w+)$/;

/**
 * The scopes of the metrics in docs/metrics.md: P (of a process), which the page leaves out, D or D◦ (of the deployment).
 *
 * @param {string} page
 * @returns {{ scopeOf(series: string): string | undefined }}
 */
export function readMetrics(page) {
  const rows = page.matchAll(/^\| `(\w+)` \| (counter|gauge|histogram)(?:, (D|D◦))? \|/gm);
  const scopes = new Map();
  for (const [, name, kind, scope = 'P'] of rows) {
    scopes.set(name, scope);
    if (kind === 'histogram')
      for (const suffix of ['bucket', 'sum', 'count']) scopes.set(`${name}_${suffix}`, scope);
  }
  return { scopeOf: (series) => (OF_PROCESSES.test(series) ? 'P' : scopes.get(series)) };
}
