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

/** Makes label values safe, and makes one object per combination, so that the hot path builds none. */
class LabelSets {
  readonly #names: readonly string[];
  readonly #known: { values: Set<string>; isClosed: boolean }[];
  readonly #sets = new Map<string, Record<string, string>>();

  constructor({ labels = {} }: Definition) {
    this.#names = Object.keys(labels);
    this.#known = Object.values(labels).map((given) => ({
      values: new Set(typeof given === 'string' ? [] : given),
      isClosed: typeof given !== 'string',
    }));
  }

  of(labels: Readonly<Record<string, string>>): Record<string, string> {
    let key = '';
    for (const name of this.#names) key += `${labels[name]}\n`;
    const known = this.#sets.get(key);
    if (known !== undefined) return known;
    const safe: Record<string, string> = {};
    for (const [i, name] of this.#names.entries()) safe[name] = this.#safe(i, labels[name] ?? OTHER);
    const isSame = this.#names.every((name) => safe[name] === labels[name]);
    // What is outside of a set is not remembered: there is no limit to it.
    if (isSame) this.#sets.set(key, safe);
    return safe;
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
  const metric = new Counter(configuration(name));
  const sets = new LabelSets(METRICS[name]);
  for (const labels of zero) metric.inc(sets.of(labels), 0);
  return { inc: (labels, by = 1) => metric.inc(sets.of(labels), by) };
}

/** Creates a gauge in the registry, without a series until it is set; once per process. @param initial of a gauge without labels. */
export function gauge<Name extends NameOf<'gauge'>>(name: Name, initial?: number): Measuring<Labels<Name>> {
  let read: (() => readonly (readonly [Labels<Name>, number])[]) | undefined;
  const metric = new Gauge({
    ...configuration(name),
    collect: () => {
      if (read === undefined) return;
      clear();
      for (const [labels, value] of read()) metric.set(sets.of(labels), value);
    },
  });
  const sets = new LabelSets(METRICS[name]);
  const clear = () => {
    metric.reset();
    if (!('labels' in METRICS[name])) metric.remove({});
  };
  clear();
  if (initial !== undefined) metric.set(initial);
  return {
    set: (labels, value) => metric.set(sets.of(labels), value),
    clear,
    collect: (from) => {
      read = from;
    },
  };
}

/** Creates a histogram in the registry; once per process. */
export function histogram<Name extends NameOf<'histogram'>>(name: Name): Observing<Labels<Name>> {
  const { buckets = [] }: Definition = METRICS[name];
  const metric = new Histogram({ ...configuration(name), buckets: [...buckets] });
  const sets = new LabelSets(METRICS[name]);
  return { observe: (labels, value) => metric.observe(sets.of(labels), value) };
}
