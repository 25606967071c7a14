// Checks the dashboard against Grafana's types, and its expressions with promtool and docs/metrics.md. Prints all
// errors; exits with 1 if there is one.
import { readFileSync } from 'node:fs';
import { dump, load } from 'js-yaml';
import { expressionErrors, recordedBy } from './expressions.js';
import { readMetrics } from './metrics.js';
import { promtoolErrors } from './promtool.js';
import { readRunbooks } from './runbooks.js';
import { typeErrors } from './typecheck.js';

const dashboard = JSON.parse(readFileSync('deploy/dashboards/wxa-code.json', 'utf8'));
const rules = load(readFileSync('deploy/alerts/rules.yaml', 'utf8'));
const metrics = readMetrics(readFileSync('docs/metrics.md', 'utf8'));
const known = { metrics, recorded: recordedBy(rules) };
const targets = dashboard.panels.flatMap(({ title, targets: own = [] }) =>
  own.map(({ expr }) => ({ title, expr })),
);

const errors = [
  ...typeErrors([{ name: 'wxa-code.json', from: '@grafana/schema', type: 'Dashboard', value: dashboard }]),
  ...targets.flatMap(({ title, expr }) => expressionErrors(`panel "${title}"`, expr, known)),
  ...promtoolErrors(['check', 'rules', 'panels.yaml'], { 'panels.yaml': panelRules() }),
  ...missingRunbooks(),
  ...hiddenValues(),
];
for (const error of errors) console.error(error);
if (errors.length > 0) process.exit(1);
console.log(`${dashboard.panels.length} panels, ${targets.length} expressions, no error`);

/** promtool checks rules, so each expression becomes one. */
function panelRules() {
  const rules = targets.map(({ expr }, i) => ({ record: `panel:${i}`, expr }));
  return dump({ groups: [{ name: 'panels', rules }] });
}

/** What is subtracted from or compared with a time or a clock can be negative: an expired certificate, a clock behind. */
function hiddenValues() {
  return dashboard.panels
    .filter(({ targets = [] }) => targets.some(({ expr }) => /time\(\)|_skew_/.test(expr)))
    .filter(({ fieldConfig }) => fieldConfig.defaults.min !== undefined)
    .map(({ title }) => `panel "${title}": negative values are not shown`);
}

function missingRunbooks() {
  const anchors = new Set(
    readRunbooks(readFileSync('docs/runbooks.md', 'utf8')).map(({ title }) =>
      title.toLowerCase().replaceAll(' ', '-'),
    ),
  );
  return dashboard.panels
    .flatMap(({ options }) => [...(options?.content ?? '').matchAll(/#([\w-]+)\)/g)])
    .filter(([, anchor]) => !anchors.has(anchor))
    .map(([, anchor]) => `no runbook #${anchor}`);
}
