// Prints deploy/alerts/rules.yaml with every window, duration and age 60 times shorter, for a test in which they fire
// in seconds: `node deploy/check/shorten-rules.js`.
import { readFileSync } from 'node:fs';
import { dump, load } from 'js-yaml';

const FACTOR = 60;
/** Shorter windows have too few samples, and shorter ages are normal. */
const MIN_SECONDS = { window: 10, age: 5 };
const UNITS = { s: 1, m: 60, h: 3600, d: 86_400 };

const file = load(readFileSync(new URL('../alerts/rules.yaml', import.meta.url), 'utf8'));
for (const group of file.groups) {
  delete group.interval;
  for (const rule of group.rules) {
    rule.expr = shorter(rule.expr);
    if (rule.for !== undefined) rule.for = `${Math.ceil(seconds(rule.for) / FACTOR)}s`;
  }
}
process.stdout.write(dump(file));

/** `[10m]`, `[15m:1m]` and `time() - x > 1800`; ages that are compared with a point in the future stay. */
function shorter(expr) {
  const windows = expr.replaceAll(/\[(\w+)(:\w+)?\]/g, (_, window, step) => {
    const length = Math.max(seconds(window) / FACTOR, MIN_SECONDS.window);
    return `[${Math.ceil(length)}s${step === undefined ? '' : ':1s'}]`;
  });
  if (!windows.startsWith('time() -')) return windows;
  return windows.replace(/> (\d{2,})/, (_, age) => `> ${Math.max(Number(age) / FACTOR, MIN_SECONDS.age)}`);
}

function seconds(duration) {
  const [, number, unit] = /^(\d+)([smhd])$/.exec(duration);
  return Number(number) * UNITS[unit];
}
