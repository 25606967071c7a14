// Reads PromQL with Prometheus's own grammar.
import { parser } from '@prometheus-io/lezer-promql';

/**
 * The series that an expression reads, each with the aggregations around it, the innermost first: of
 * `sum(rate(a[5m])) > max(b)` these are a with ['sum'] and b with ['max'].
 *
 * @param {string} expr
 * @returns {{ name: string, aggregations: string[] }[]}
 * @throws {Error} if it is not PromQL
 */
export function selectorsOf(expr) {
  return selectorNodes(expr).map((node) => ({
    name: nameOf(node, expr),
    aggregations: aggregationsOf(node, expr),
  }));
}

/**
 * Where the selectors of an expression end, and where their label matchers begin (undefined without matchers).
 *
 * @param {string} expr
 * @returns {{ name: string, end: number, labels: number | undefined }[]} in their order
 */
export function selectorRanges(expr) {
  return selectorNodes(expr).map((node) => ({
    name: nameOf(node, expr),
    end: node.to,
    labels: node.getChild('LabelMatchers')?.from,
  }));
}

function selectorNodes(expr) {
  const found = [];
  parser.parse(expr).iterate({
    enter(node) {
      if (node.type.isError) throw new Error(`not PromQL at character ${node.from}: ${expr}`);
      if (node.name === 'VectorSelector') found.push(node.node);
    },
  });
  return found;
}

function nameOf(node, expr) {
  const identifier = node.getChild('Identifier');
  return identifier === null ? '' : expr.slice(identifier.from, identifier.to);
}

function aggregationsOf(node, expr) {
  const aggregations = [];
  for (let { parent } = node; parent !== null; { parent } = parent) {
    if (parent.name !== 'AggregateExpr') continue;
    const operator = parent.getChild('AggregateOp');
    aggregations.push(expr.slice(operator.from, operator.to));
  }
  return aggregations;
}
