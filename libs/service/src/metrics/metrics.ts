import { Counter, Gauge, Histogram } from '@prometheus-io/client';
import type { Definition } from './definition.js';
import { GATEWAY_METRICS } from './gateway-metrics.js';
import { OPERATION_METRICS } from './operation-metrics.js';
import { SERVER_METRICS } from './server-metrics.js';
import { WECHAT_METRICS } from './wechat-metrics.js';

/** Every metric of this service. A process exports those that it creates. */
export const METRICS = { ...GATEWAY_METRICS, ...OPERATION_METRICS, ...WECHAT_METRICS, ...SERVER_METRICS };

type Metrics = typeof METRICS;
type NameOf<Kind extends Definition['kind']> = {
  [Name in keyof Metrics]: Metrics[Name]['kind'] extends Kind ? Name : never;
}[keyof Metrics];

/** The label values of a metric. A value outside the label's set becomes `other`. */
export type Labels<Name extends keyof Metrics> = Metrics[Name] extends { labels: infer Names }
  ? { [Label in keyof Names]: string }
  : Record<string, never>;

/** Distinct values of a label whose set is not listed; further ones become `other`, so that the series are bounded. */
const MAX_VALUES = 300;
const OTHER = 'other';

type LabelSet = Record<string, string>;

/** The series of a value of one label, by the values of the next one. */
interface Node<S> {
  next: Map<string, Node<S>>;
  series: S | undefined;
}

/**
 * The series of a metric by their label values, which are made safe. On the hot path a series is found and changed without building a
 * key, which the client would do twice; a scrape passes it to the client.
 */
class SeriesByLabels<S> {
  readonly #names: readonly string[];
  readonly #known: { values: Set<string>; isClosed: boolean }[];
  readonly #root: Node<S> = { next: new Map(), series: undefined };
  readonly all: S[] = [];

  constructor(
    { labels = {} }: Definition,
    private readonly make: (labels: LabelSet) => S,
  ) {
    this.#names = Object.keys(labels);
    this.#known = Object.values(labels).map((given) => ({
      values: new Set(typeof given === 'string' ? [] : given),
      isClosed: typeof given !== 'string',
    }));
  }

  of(labels: Readonly<LabelSet>): S {
    let node: Node<S> | undefined = this.#root;
    for (const name of this.#names) node = node?.next.get(labels[name] ?? OTHER);
    return node?.series ?? this.#safeSeries(labels);
  }

  #safeSeries(labels: Readonly<LabelSet>): S {
    const safe: LabelSet = {};
    let node = this.#root;
    for (const [i, name] of this.#names.entries()) {
      const value = this.#safe(i, labels[name] ?? OTHER);
      safe[name] = value;
      const next = node.next.get(value) ?? { next: new Map(), series: undefined };
      node.next.set(value, next);
      node = next;
    }
    if (node.series === undefined) {
      node.series = this.make(safe);
      this.all.push(node.series);
    }
    return node.series;
  }

  #safe(label: number, value: string): string {
    const known = this.#known[label];
    if (known === undefined || known.values.has(value)) return value;
    if (known.isClosed || known.values.size >= MAX_VALUES) return OTHER;
    known.values.add(value);
    return value;
  }
}

/** A counter of this process. */
export interface Counting<L> {
  inc(labels: L, by?: number): void;
}

/** A gauge of this process. */
export interface Measuring<L> {
  set(labels: L, value: number): void;
  /** Removes all series. */
  clear(): void;
  /** Sets the series at each scrape; `read` must not do I/O. */
  collect(read: () => readonly (readonly [L, number])[]): void;
}

/** A histogram of this process. */
export interface Observing<L> {
  observe(labels: L, value: number): void;
}

function configuration(name: keyof Metrics) {
  const { help, labels = {} }: Definition = METRICS[name];
  return { name, help, labelNames: Object.keys(labels) };
}

/** Creates a counter in the registry; once per process. @param zero label values whose series begin at 0. */
export function counter<Name extends NameOf<'counter'>>(
  name: Name,
  zero: readonly Labels<Name>[] = [],
): Counting<Labels<Name>> {
  const series = new SeriesByLabels(METRICS[name], (labels) => ({ labels, added: 0 }));
  for (const labels of zero) series.of(labels);
  const metric = new Counter({
    ...configuration(name),
    collect: () => {
      for (const one of series.all) {
        metric.inc(one.labels, one.added);
        one.added = 0;
      }
    },
  });
  return {
    inc: (labels, by = 1) => {
      series.of(labels).added += by;
    },
  };
}

/** Creates a gauge in the registry, without a series until it is set; once per process. @param initial of a gauge without labels. */
export function gauge<Name extends NameOf<'gauge'>>(name: Name, initial?: number): Measuring<Labels<Name>> {
  let read: (() => readonly (readonly [Labels<Name>, number])[]) | undefined;
  const metric = new Gauge({
    ...configuration(name),
    collect: () => {
      if (read === undefined) return;
      clear();
      for (const [labels, value] of read()) metric.set(series.of(labels), value);
    },
  });
  const series = new SeriesByLabels(METRICS[name], (labels) => labels);
  const clear = () => {
    metric.reset();
    if (!('labels' in METRICS[name])) metric.remove({});
  };
  clear();
  if (initial !== undefined) metric.set(initial);
  return {
    set: (labels, value) => metric.set(series.of(labels), value),
    clear,
    collect: (from) => {
      read = from;
    },
  };
}

/** Creates a histogram in the registry; once per process. */
export function histogram<Name extends NameOf<'histogram'>>(name: Name): Observing<Labels<Name>> {
  const { buckets: bounds = [] }: Definition = METRICS[name];
  // The last count is that of the values above all bounds.
  const counts = () => [...bounds, Number.POSITIVE_INFINITY].map(() => 0);
  const series = new SeriesByLabels(METRICS[name], (labels) => ({ labels, sum: 0, counts: counts() }));
  const metric = new Histogram({
    ...configuration(name),
    buckets: [...bounds],
    collect: () => {
      for (const { labels, sum, counts } of series.all) {
        metric.zero(labels);
        const entry = (metric as unknown as ClientHistogram).store.entry(labels);
        entry.sum = sum;
        entry.count = counts.reduce((total, count) => total + count);
        for (const [i, bound] of bounds.entries()) entry.bucketValues[bound] = counts[i] ?? 0;
      }
    },
  });
  return {
    observe: (labels, value) => {
      const one = series.of(labels);
      let bucket = 0;
      while (value > (bounds[bucket] ?? Number.POSITIVE_INFINITY)) bucket += 1;
      one.sum += value;
      one.counts[bucket] = (one.counts[bucket] ?? 0) + 1;
    },
  };
}

/** How the client stores a histogram; it has no function that sets one. */
interface ClientHistogram {
  store: { entry(labels: LabelSet): { sum: number; count: number; bucketValues: Record<number, number> } };
}
