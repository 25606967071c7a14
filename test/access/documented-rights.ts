import { TOPICS } from '@wxa/contracts';
import type { AccessRow } from '@wxa/stack';
import kafkajs from 'kafkajs';

/** The principals of the table in docs/operations.md, by the first words of their cell. */
const PRINCIPALS: [RegExp, AccessRow['user'][]][] = [
  [/^gateway$/, ['gateway']],
  [/^release worker$/, ['release-worker']],
  [/^operator \(/, ['operator']],
  [/^gateway and worker with `KAFKA_CREATE_TOPICS=on`$/, ['gateway', 'release-worker']],
  [/^subscribers$/, ['subscriber']],
];
const ABBREVIATED: Record<string, string> = { ...TOPICS, dlq: TOPICS.deadLetters };
const OPERATIONS = new Map(
  Object.entries(kafkajs.AclOperationTypes).map(([name, number]) => [number, name.replace('_', '')]),
);

/** The rights of the table of principals in docs/operations.md, sorted, as `rightsOf` returns them. Throws for other wording. */
export function documentedRights(page: string): string[] {
  const [, table = ''] = page.split('| principal | topics | groups |\n|---|---|---|\n');
  const rows = table.slice(0, table.indexOf('\n\n')).split('\n');
  const rights = rows.flatMap((row) => {
    const [, principal = '', topics = '', groups = ''] = row.split('|').map((cell) => cell.trim());
    const users = PRINCIPALS.find(([pattern]) => pattern.test(principal))?.[1];
    if (users === undefined) throw new Error(`unknown principal: ${principal}`);
    const resources = [
      ...(topics === '–' ? [] : topics.split('; ').flatMap(topicRights)),
      ...(groups === '–' ? [] : groups.split('; ').flatMap(groupRights)),
    ];
    return users.flatMap((user) => resources.map((right) => `${user} ${right}`));
  });
  return rights.toSorted();
}

/** The rights of rows, sorted, each as `user OPERATION topic NAME`, `… group NAME` or `… group prefix NAME`. */
export function rightsOf(rows: readonly AccessRow[]): string[] {
  return rows
    .flatMap(({ user, type, name, isPrefix, operations }) => {
      const kind = type === kafkajs.AclResourceTypes.TOPIC ? 'topic' : `group${isPrefix ? ' prefix' : ''}`;
      return operations.map((operation) => `${user} ${OPERATIONS.get(operation)} ${kind} ${name}`);
    })
    .toSorted();
}

function topicRights(text: string): string[] {
  const [, operations = '', all, names = ''] =
    /^(?:also )?([\w, ]+?)(?: on)? (?:(all five|the five names)|(`.+`))$/.exec(text) ?? [];
  const topics = all ? Object.values(TOPICS) : quoted(names).map((name) => ABBREVIATED[name]);
  return operationsIn(operations, text).flatMap((one) => topics.map((topic) => `${one} topic ${topic}`));
}

function groupRights(text: string): string[] {
  const [, operations = '', prefix, name, own] =
    /^([\w, ]+?) on (?:(the prefix )?`(.+)`|(their own))$/.exec(text) ?? [];
  const group = own ? 'group prefix subscriber-' : `group${prefix ? ' prefix' : ''} ${name}`;
  return operationsIn(operations, text).map((one) => `${one} ${group}`);
}

function operationsIn(list: string, text: string): string[] {
  const operations = list.split(', ').map((one) => one.toUpperCase());
  const known = [...OPERATIONS.values()];
  if (!operations.every((one) => known.includes(one))) throw new Error(`not understood: ${text}`);
  return operations;
}

function quoted(list: string): string[] {
  return [...list.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);
}
