import { selectorsOf } from './promql.js';

/** The names of recorded series in a file of rules. */
export function recordedBy({ groups }) {
  return new Set(groups.flatMap(({ rules }) => rules.flatMap(({ record = [] }) => record)));
}

/**
 * The errors of an expression: not PromQL, a metric that docs/metrics.md does not have, or a metric of the deployment
 * that is not aggregated with max or min.
 *
 * @param {string} where the expression is, for the error
 * @param {string} expr
 * @param {{ metrics: ReturnType<import('./metrics.js').readMetrics>, recorded: Set<string> }} known
 * @returns {string[]}
 */
export function expressionErrors(where, expr, { metrics, recorded }) {
  try {
    return selectorsOf(expr).flatMap(({ name, aggregations: [aggregation] }) => {
      if (recorded.has(name)) return [];
      const scope = metrics.scopeOf(name);
      if (scope === undefined) return [`${where}: ${name} is no metric of docs/metrics.md`];
      if (scope === 'P' || aggregation === 'max' || aggregation === 'min') return [];
      return [`${where}: ${name} is deployment-wide; aggregate it with max or min`];
    });
  } catch (error) {
    return [`${where}: ${error.message}`];
  }
}
