import type { Verb, Verbs } from './verb.js';

const QUOTA = { settings: ['Postgres'], load: () => import('../quota/quota.js') } as const;
const OUTBOX = { settings: ['Postgres'], load: () => import('../outbox/outbox.js') } as const;
const DLQ = { settings: ['Kafka'], load: () => import('../dlq/dlq.js') } as const;
const POLICY = { settings: ['policy'], load: () => import('../policy.js') } as const;
const USERS = { settings: ['users'], load: () => import('../users/users.js') } as const;

const PASSWORD =
  'The password, at least 12 characters, is typed on the terminal or is a line of standard input.';

const restore: Verb = {
  summary: 'brings Postgres up to date from Kafka after it was restored from a backup',
  usage: '--since TIME [--dry-run] [--json] | --accept --reason TEXT [--json]',
  details: `All workers must be stopped. It pauses all rollouts and stops the APIs of all changes; wxa quota lift ends that.
--since TIME  the time that Postgres was restored to, or earlier
--dry-run     writes nothing
--accept      declares the present state of Postgres valid`,
  example: '--since 2026-03-01T12:00:00Z --dry-run',
  settings: ['Postgres', 'Kafka'],
  load: () => import('../restore.js'),
};

/** What operators run against Postgres, Kafka and files. */
export const OPERATORS: Verbs = {
  migrate: {
    summary: 'runs the pending migrations',
    usage: '[--grant ROLE] [--json]',
    details: `--grant ROLE  grants the tables to a role that was created after the schema;
              wxa_app gets them with each migration`,
    example: '',
    settings: ['Postgres'],
    load: () => import('../migrate.js'),
  },
  'quota list': {
    ...QUOTA,
    summary: 'lists the stopped APIs and when each resumes, and the rates that were set',
    usage: '[--json]',
    example: '',
  },
  'quota stop': {
    ...QUOTA,
    summary: 'stops an API, or every API that changes something at WeChat',
    usage: 'API | --all-changes --until TIME --reason TEXT [--json]',
    details: 'Its operations wait and do not fail.',
    example: "wxa/release --until 2099-01-07T09:00:00+08:00 --reason 'template 128 is broken'",
  },
  'quota lift': {
    ...QUOTA,
    summary: 'resumes an API now, whether an operator or an exhausted quota stopped it',
    usage: 'API | --all-changes [--json]',
    example: 'wxa/release',
  },
  'quota rate': {
    ...QUOTA,
    summary: "sets the calls per second to an API, or to every API without a rate of its own ('*')",
    usage: "API|'*' N|default [--json]",
    details: 'For all workers. 0: no limit; default: as if it had not been set.',
    example: 'wxa/commit 200',
  },
  'secrets rotate': {
    summary: 'encrypts all secrets again, with the new key',
    usage: '[--json]',
    example: '',
    settings: ['Postgres', 'secrets'],
    load: () => import('../secrets.js'),
  },
  restore,
  republish: {
    summary: 'publishes outcomes and ended audits again, each under its original ce_id',
    usage: '--since TIME [--until TIME] [--appid APPID] [--topic outcomes|audits] [--json]',
    details: 'Of operations and audits that ended from --since on and before --until (default: now).',
    example: '--since 2026-03-01T00:00:00Z --topic outcomes',
    settings: ['Postgres'],
    load: () => import('../republish.js'),
  },
  'outbox list': {
    ...OUTBOX,
    summary: 'lists the quarantined events, which Kafka permanently rejected, oldest first',
    usage: '[--limit N] [--json]',
    example: '--limit 100',
  },
  'outbox release': {
    ...OUTBOX,
    summary: 'puts quarantined events back; they are published within a second',
    usage: 'EVENT_ID... | --all [--json]',
    example: '--all',
  },
  'authorizers recheck': {
    summary: 'lets workers check mini-programs that need authorization now',
    usage: 'APPID... | --all [--json]',
    details: 'Up to 1,000 a minute per worker. The others are checked at most once a day.',
    example: '--all',
    settings: ['Postgres'],
    load: () => import('../authorizers/recheck.js'),
  },
  'dlq list': {
    ...DLQ,
    summary: 'lists the dead-lettered messages, oldest first',
    usage: '[--reason REASON] [--json]',
    example: '',
  },
  'dlq show': {
    ...DLQ,
    summary: 'prints the value and the headers of a message',
    usage: 'PARTITION:OFFSET [--json]',
    example: '3:17',
  },
  'dlq replay': {
    ...DLQ,
    summary: 'publishes messages to the commands topic again, unmodified',
    usage: 'PARTITION:OFFSET... | --reason REASON | --all [--again] [--json]',
    details: 'Skips replayed messages, unless --again is given.',
    example: '--reason NOT_A_COMMAND',
    settings: ['Kafka', 'Postgres'],
  },
  'policy check': {
    ...POLICY,
    summary: 'reports the errors of a policy file; exit code 0: valid, 1: invalid',
    usage: 'FILE [--json]',
    example: 'policy.yaml',
  },
  'policy explain': {
    ...POLICY,
    summary: 'prints the decision on a call, with the deciding rule; exit code 0: allowed, 1: denied',
    usage: 'FILE --caller NAME --method SERVICE/METHOD --appid APPID [--json]',
    example: 'policy.yaml --caller shop --method CodeManagement/Commit --appid wx0123456789abcdef',
  },
  'policy new-key': {
    ...POLICY,
    summary: 'prints a new API key, once, and the line for the policy file',
    usage: 'CALLER [--json]',
    example: 'shop',
  },
  'users add': {
    ...USERS,
    summary: 'adds a user of the console, and makes the users file if there is none',
    usage: 'NAME --role viewer|operator [--file FILE] [--json]',
    details: PASSWORD,
    example: 'zhangsan --role operator',
  },
  'users list': {
    ...USERS,
    summary: 'lists the users of the console',
    usage: '[--file FILE] [--json]',
    example: '',
  },
  'users passwd': {
    ...USERS,
    summary: 'changes the password of a user of the console, which ends its sessions',
    usage: 'NAME [--file FILE] [--json]',
    details: PASSWORD,
    example: 'zhangsan',
  },
  'users remove': {
    ...USERS,
    summary: 'removes a user of the console, which ends its sessions',
    usage: 'NAME [--file FILE] [--json]',
    example: 'zhangsan',
  },
};
