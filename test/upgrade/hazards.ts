/** What the previous release has: its tables, and those of its objects that it does not use any more. */
export interface PreviousRelease {
  tables: ReadonlySet<string>;
  /** As in `audits`, or `audits.source` for a column. */
  unused?: ReadonlySet<string>;
}

/** Matches the beginning of an action of `alter table`; the first group is a column that it removes. */
const ACTIONS: [pattern: RegExp, hazard: string][] = [
  [/^drop (?:column )?(?:if exists )?(?!constraint\b)(\w+)/, 'drops a column'],
  [/^rename /, 'renames'],
  [/^alter (?:column )?\w+ (?:set data )?type /, 'changes a type'],
  [/^alter (?:column )?\w+ set not null/, 'sets not null'],
  [
    /^add (?:constraint|check|unique|primary|foreign|exclude)\b(?!.* not valid$)/,
    'adds a constraint without not valid',
  ],
  [
    /^add (?!constraint|check|unique|primary|foreign|exclude).* (?:check ?\(|unique\b|primary key|references )/,
    'adds a constraint with a column',
  ],
  [
    /^add .* not null\b(?!.*\bdefault )(?<!.*\bdefault .*)/,
    'adds a column that the previous release does not fill',
  ],
  [
    /^add .* default (?!(?:''|-?[\d.]+|true|false|null|now\(\))(?:::[\w[\] ]+)?(?: not null)?$)/,
    'adds a column whose default rewrites the table',
  ],
  [/^add .* generated /, 'adds a column whose default rewrites the table'],
  [/^set (?:logged|unlogged|tablespace|access)/, 'rewrites the table'],
];

/** Statements on a table; the first group is its name. */
const STATEMENTS: [pattern: RegExp, hazard: string][] = [
  [/^create (?:unique )?index (?!concurrently).*?\bon (?:only )?(\w+)/, 'builds an index and blocks writers'],
  [/^drop table (?:if exists )?(\w+)/, 'drops a table'],
  [
    /^(?:update|delete from) (?:only )?(\w+)(?!.*\blimit 5000\b)/,
    'changes rows that are not limited to 5,000',
  ],
  [/^(?:truncate|cluster|lock|vacuum full)(?: table)? (\w+)/, 'locks a table'],
];

/** Statements that are rejected whatever they name. */
const ALWAYS: [pattern: RegExp, hazard: string][] = [
  [/^drop index (?!concurrently)/, 'drops an index and blocks readers'],
  [/^reindex (?!.*concurrently)/, 'builds an index and blocks writers'],
  [/^alter (?!table)\w+ .* rename /, 'renames'],
];

/** What in the SQL of a migration the previous release cannot run beside, or what blocks accepts; empty if nothing. */
export function hazardsOf(sql: string, previous: PreviousRelease): string[] {
  return statementsOf(sql).flatMap((statement) => hazardsOfStatement(statement, previous));
}

/** The names of the tables that SQL creates. */
export function tablesCreatedBy(sql: string): string[] {
  return statementsOf(sql).flatMap((statement) => {
    const [, name] = /^create (?:unlogged )?table (?:if not exists )?(\w+)/.exec(statement) ?? [];
    return name ?? [];
  });
}

function hazardsOfStatement(statement: string, { tables, unused }: PreviousRelease): string[] {
  const isUsed = (name: string) => unused?.has(name) !== true;
  const always = ALWAYS.filter(([pattern]) => pattern.test(statement)).map(([, hazard]) => hazard);
  const ofTable = STATEMENTS.flatMap(([pattern, hazard]) => {
    const [, table = ''] = pattern.exec(statement) ?? [];
    return tables.has(table) && isUsed(table) ? hazard : [];
  });
  const [, altered = '', actions = ''] =
    /^alter table (?:if exists )?(?:only )?(\w+) (.*)$/.exec(statement) ?? [];
  if (!tables.has(altered)) return [...always, ...ofTable];
  const ofActions = splitOutsideParentheses(actions).flatMap((action) =>
    ACTIONS.flatMap(([pattern, hazard]) => {
      const found = pattern.exec(action);
      return found !== null && isUsed(`${altered}.${found[1] ?? ''}`) ? hazard : [];
    }),
  );
  return [...always, ...ofTable, ...ofActions];
}

/** Statements in lower case on one line, without comments, quotes, schemas and the content of literals. */
function statementsOf(sql: string): string[] {
  return sql
    .replaceAll(/'(?:[^']|'')*'|\$(\w*)\$[\s\S]*?\$\1\$|--.*|\/\*[\s\S]*?\*\//g, (token) =>
      /^['$]/.test(token) ? "''" : ' ',
    )
    .replaceAll('"', '')
    .toLowerCase()
    .split(';')
    .map((statement) => statement.replaceAll(/\s+/g, ' ').replaceAll('public.', '').trim())
    .filter((statement) => statement !== '');
}

function splitOutsideParentheses(text: string): string[] {
  const parts = [''];
  let depth = 0;
  for (const character of text) {
    depth += { '(': 1, ')': -1 }[character] ?? 0;
    if (character === ',' && depth === 0) parts.push('');
    else parts[parts.length - 1] += character;
  }
  return parts.map((part) => part.trim());
}
