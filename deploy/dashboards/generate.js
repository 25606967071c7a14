// Writes wxa-code.json from rows.yaml: `npm run dashboard`.
import { readFileSync, writeFileSync } from 'node:fs';
import { load } from 'js-yaml';
import { selectorRanges } from '../check/promql.js';

// biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of Grafana
const DATASOURCE = { type: 'prometheus', uid: '${datasource}' };
const JOB = 'job=~"$prefix-.*"';
const COLUMNS = 3;
const WIDTH = 24 / COLUMNS;
const HEIGHT = 7;
/** Units whose axis begins near the lowest value. */
const FROM_LOWEST = ['percentunit', 'dateTimeAsIso'];

const rows = load(readFileSync(new URL('rows.yaml', import.meta.url), 'utf8'));
let id = 0;
let y = 0;

const dashboard = {
  uid: 'wxa-code',
  title: 'wxa-code',
  description:
    'Code management for WeChat mini-programs. Read the rows from the top; docs/runbooks.md says why.',
  tags: ['wxa-code'],
  schemaVersion: 41,
  editable: false,
  refresh: '30s',
  time: { from: 'now-3h', to: 'now' },
  timezone: 'utc',
  templating: {
    list: [
      { name: 'datasource', label: 'Data source', type: 'datasource', query: 'prometheus' },
      { name: 'prefix', label: 'Job prefix', type: 'textbox', query: 'wxa', current: option('wxa') },
      {
        name: 'runbooks',
        label: 'Runbooks',
        type: 'textbox',
        query: 'docs/runbooks.md',
        current: option('docs/runbooks.md'),
      },
    ],
  },
  panels: rows.flatMap(row),
};

writeFileSync(new URL('wxa-code.json', import.meta.url), `${JSON.stringify(dashboard, null, 2)}\n`);

function option(value) {
  return { selected: true, text: value, value };
}

function row({ title, runbooks, panels }) {
  const head = [
    { ...placed('row', title, 0, 24, 1), collapsed: false, panels: [] },
    { ...placed('text', 'Runbooks', 0, 24, 2), options: { mode: 'markdown', content: links(runbooks) } },
  ];
  const all = Object.entries(panels);
  const graphs = all.map((panel, i) => graph(panel, i % COLUMNS, i === all.length - 1));
  return [...head, ...graphs];
}

function links(runbooks) {
  return runbooks
    .split(' ')
    .map((name) => `[${name.replaceAll('-', ' ')}](\${runbooks}#${name})`)
    .join(' · ');
}

function graph([name, series], column, isLast) {
  const [, title, unit] = /^(.+) \((\w+)\)$/.exec(name);
  const targets = Object.entries(series).map(([legend, expr], i) => ({
    refId: String.fromCharCode(65 + i),
    datasource: DATASOURCE,
    expr: withJob(expr),
    legendFormat: legend,
  }));
  return {
    ...placed('timeseries', title, column * WIDTH, WIDTH, HEIGHT, column === COLUMNS - 1 || isLast),
    datasource: DATASOURCE,
    targets,
    fieldConfig: {
      // The axis begins at 0, or below a negative value.
      defaults: { unit, ...(FROM_LOWEST.includes(unit) ? {} : { custom: { axisSoftMin: 0 } }) },
      overrides: [],
    },
  };
}

/** Places a panel; the next one is below it if it ends its line. */
function placed(type, title, x, w, h, endsLine = true) {
  id += 1;
  const panel = { id, type, title, gridPos: { x, y, w, h } };
  if (endsLine) y += h;
  return panel;
}

/** The expression with the job in every selector, except of recorded series, which have none. */
function withJob(expr) {
  return selectorRanges(expr).reduceRight((text, { name, end, labels }) => {
    if (name.includes(':')) return text;
    return labels === undefined
      ? `${text.slice(0, end)}{${JOB}}${text.slice(end)}`
      : `${text.slice(0, labels + 1)}${JOB},${text.slice(labels + 1)}`;
  }, expr);
}
