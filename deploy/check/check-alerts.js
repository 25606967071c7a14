// Checks what promtool does not: that each alert has a severity, annotations, cases that fire and do not fire, and a
// section in the runbooks, that metrics of the deployment are not summed, and that the commands of runbooks exist. Prints all errors; exits with 1 if
// there is one. `--rules`, `--tests`, `--runbooks` and `--metrics` are other files than those of the repository.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { load } from 'js-yaml';
import { commandErrors } from './commands.js';
import { expressionErrors, recordedBy } from './expressions.js';
import { readMetrics } from './metrics.js';
import { readRunbooks } from './runbooks.js';

const SEVERITIES = ['page', 'ticket'];
/** The fixed parts of a section, in their order. */
const PARTS = ['Meaning', 'Still works', 'First five minutes', 'Causes', 'Fix', 'Over when', 'Tell'];

const { values: files } = parseArgs({
  options: {
    rules: { type: 'string', default: 'deploy/alerts/rules.yaml' },
    tests: { type: 'string', default: 'deploy/alerts/rules.test.yaml' },
    runbooks: { type: 'string', default: 'docs/runbooks.md' },
    metrics: { type: 'string', default: 'docs/metrics.md' },
  },
});
const file = load(readFileSync(files.rules, 'utf8'));
const rules = file.groups.flatMap((group) => group.rules);
const alerts = rules.filter(({ alert }) => alert !== undefined);
const cases = load(readFileSync(files.tests, 'utf8')).tests.flatMap((test) => test.alert_rule_test ?? []);
const runbooks = readRunbooks(readFileSync(files.runbooks, 'utf8'));
const known = { metrics: readMetrics(readFileSync(files.metrics, 'utf8')), recorded: recordedBy(file) };

const errors = [
  ...alerts.flatMap(ruleErrors),
  ...alerts.flatMap(caseErrors),
  ...alerts.flatMap(runbookErrors),
  ...unknownAlerts(),
  ...rules.flatMap((rule) => expressionErrors(rule.alert ?? rule.record, rule.expr, known)),
  ...(await Promise.all(runbooks.map(sectionErrors))).flat(),
];
for (const error of errors) console.error(error);
if (errors.length > 0) process.exit(1);
console.log(`${alerts.length} alerts, ${runbooks.length} runbooks, no error`);

function ruleErrors({ alert, for: duration, labels, annotations }) {
  const expected = `docs/runbooks.md#${anchor(alert)}`;
  return [
    ...(SEVERITIES.includes(labels?.severity) ? [] : [`${alert}: the severity is none of ${SEVERITIES}`]),
    ...(duration === undefined ? [`${alert}: for is missing`] : []),
    ...(annotations?.summary === undefined ? [`${alert}: the summary is missing`] : []),
    ...(annotations?.runbook_url === expected ? [] : [`${alert}: runbook_url is not ${expected}`]),
  ];
}

function caseErrors({ alert }) {
  const own = cases.filter(({ alertname }) => alertname === alert);
  return [
    ...(own.some(({ exp_alerts }) => exp_alerts.length > 0) ? [] : [`${alert}: no case in which it fires`]),
    ...(own.some(({ exp_alerts }) => exp_alerts.length === 0) ? [] : [`${alert}: no case without it`]),
  ];
}

function runbookErrors({ alert }) {
  const section = runbooks.find(({ title }) => title.toLowerCase().replaceAll(' ', '-') === anchor(alert));
  if (section === undefined) return [`${alert}: no section #${anchor(alert)} in the runbooks`];
  const found = section.parts.filter((part) => PARTS.includes(part));
  return found.join() === PARTS.join() ? [] : [`runbook "${section.title}": its parts are ${found}`];
}

async function sectionErrors({ title, queries, commands }) {
  const where = `runbook "${title}"`;
  return [
    ...queries.flatMap((query) => expressionErrors(where, query, known)),
    ...(await commandErrors(where, commands)),
  ];
}

function unknownAlerts() {
  const known = new Set(alerts.map(({ alert }) => alert));
  return cases
    .filter(({ alertname }) => !known.has(alertname))
    .map(({ alertname }) => `${alertname}: has a case and is no alert`);
}

/** WxaGatewayAbsent: gateway-absent. */
function anchor(alert) {
  return alert
    .replace('Wxa', '')
    .replaceAll(/(?<=[a-z])(?=[A-Z])/g, '-')
    .toLowerCase();
}
