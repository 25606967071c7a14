import { CODE_TOPICS, TOPICS } from '@wxa/contracts';
import type { AccessRow } from '@wxa/stack';
import kafkajs from 'kafkajs';

const TOPIC_NAMES: Record<string, string> = { ...TOPICS, dlq: TOPICS.deadLetters };
const OPERATIONS = new Map(
  Object.entries(kafkajs.AclOperationTypes).map(([name, number]) => [number, name.replace('_', '')]),
);

/** The rights of the table of principals in docs/operations.md, sorted, as `rightsOf` returns them. */
export function documentedRights(page: string): string[] {
  const [, table = ''] = page.split('| principal | topics | groups |\n|---|---|---|\n');
  const rows = table.slice(0, table.indexOf('\n\n')).split('\n');
  const rights = rows.flatMap((row) => {
    const [, principals = '', topics = '', groups = ''] = row.split('|').map((cell) => cell.trim());
    const users = /^[\w-]+(, [\w-]+)*/.exec(principals)?.[0].split(', ') ?? [];
    const resources = [...rightsIn(topics, 'topic'), ...rightsIn(groups, 'group')];
    return users.flatMap((user) => resources.map((right) => `${user} ${right}`));
  });
  return rights.toSorted();
}

/** The rights of rows, sorted, each as `user OPERATION topic NAME`, `… group NAME` or `… group PREFIX*`. */
export function rightsOf(rows: readonly AccessRow[]): string[] {
  const rights = rows.flatMap(({ user, type, name, isPrefix, operations }) => {
    const resource = `${type === kafkajs.AclResourceTypes.TOPIC ? 'topic' : 'group'} ${name}${isPrefix ? '*' : ''}`;
    return operations.map((operation) => `${user} ${OPERATIONS.get(operation)} ${resource}`);
  });
  return rights.toSorted();
}

const ALL: Record<string, readonly string[]> = {
  all: Object.values(TOPICS),
  'all but `events`': CODE_TOPICS,
};

/** Those of a cell: ``Read, Write: `name`, `name`; Create: all``. */
function rightsIn(cell: string, kind: string): string[] {
  return [...cell.matchAll(/([\w, ]+): (all but `events`|all|`[^;]+)/g)].flatMap(
    ([, operations = '', list = '']) => {
      const quoted = [...list.matchAll(/`([^`]+)`/g)].map(([, name = '']) => TOPIC_NAMES[name] ?? name);
      const names = ALL[list] ?? quoted;
      return operations
        .split(', ')
        .flatMap((operation) => names.map((name) => `${operation.trim().toUpperCase()} ${kind} ${name}`));
    },
  );
}
