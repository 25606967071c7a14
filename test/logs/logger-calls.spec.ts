import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { MESSAGES } from '@wxa/service';
import ts from 'typescript';

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'];
const ROOT = new URL('../../', import.meta.url);
const FOLDERS = ['libs', ...['apps/console/src', 'apps/gateway/src', 'apps/release-worker/src']];
const TABLE: Record<string, { level: string; fields: readonly string[] }> = MESSAGES;

interface LoggerCall {
  at: string;
  level: string;
  fields: ts.Expression | undefined;
  message: ts.Expression | undefined;
}

/** The calls of `logger.<level>(…)`, whatever the logger is a property of. */
function callsIn(file: string): LoggerCall[] {
  const text = readFileSync(new URL(file, ROOT), 'utf8');
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const calls: LoggerCall[] = [];
  const visit = (node: ts.Node) => {
    if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression)) {
      const { expression: owner, name } = node.expression;
      const ownerName = ts.isPropertyAccessExpression(owner) ? owner.name.text : owner.getText();
      const isLogger = ownerName === 'logger' || owner.getText().startsWith('createLogger(');
      if (isLogger && LEVELS.includes(name.text)) {
        const line = source.getLineAndCharacterOfPosition(node.getStart()).line + 1;
        const [fields, message] = node.arguments;
        calls.push({ at: `${file}:${line}`, level: name.text, fields, message });
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return calls;
}

/** Why a call is wrong; undefined if it is right. */
function faultOf({ level, fields, message }: LoggerCall): string | undefined {
  if (message === undefined || !ts.isStringLiteral(message)) return 'the message is not a constant';
  const row = TABLE[message.text];
  if (row === undefined) return `"${message.text}" is not in the table`;
  if (row.level !== level) return `"${message.text}" has the level ${row.level}`;
  if (fields === undefined || !ts.isObjectLiteralExpression(fields)) return undefined;
  // A spread can have any field.
  if (fields.properties.some(ts.isSpreadAssignment)) return undefined;
  const names = fields.properties.map((property) => property.name?.getText());
  const missing = row.fields.filter((field) => !names.includes(field));
  return missing.length === 0 ? undefined : `"${message.text}" has no ${missing.join(', ')}`;
}

it('Every line of the log has a message of the table, its level and its fields', () => {
  const files = execFileSync('git', ['ls-files', '--', ...FOLDERS], { cwd: ROOT, encoding: 'utf8' });
  const sources = files
    .split('\n')
    .filter((file) => /\.tsx?$/.test(file) && !/\.spec\.tsx?$|\/fixtures\//.test(file));
  const calls = sources.flatMap(callsIn);
  expect(calls.length).toBeGreaterThan(50);
  const faults = calls.flatMap((call) => {
    const fault = faultOf(call);
    return fault === undefined ? [] : [`${call.at}: ${fault}`];
  });
  // A variable message: the outage log, whose texts are those of its users.
  expect(faults.filter((fault) => !fault.startsWith('libs/service/src/outage-log.ts'))).toEqual([]);
  const used = new Set(
    calls.flatMap(({ message }) => (message && ts.isStringLiteral(message) ? [message.text] : [])),
  );
  const outages = [
    ...['postgres unavailable', 'postgres available', 'outbox publish failed', 'outbox publish recovered'],
    ...['trace export failed', 'trace export recovered', 'history check failed', 'history check recovered'],
  ];
  const unused = Object.keys(MESSAGES).filter((message) => !used.has(message) && !outages.includes(message));
  expect(unused).toEqual([]);
});
