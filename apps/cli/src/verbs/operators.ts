import { type Verb, type Verbs, verb } from './verb.js';

const quota = () => import('../quota/quota.js');
const outbox = () => import('../outbox/outbox.js');
const dlq = () => import('../dlq/dlq.js');
const policy = () => import('../policy.js');
const users = () => import('../users/users.js');

const PASSWORD =
  'The password, at least 12 characters, is typed on the terminal or is a line of standard input.';
const SCOPES = {
  '--forward-changes': 'every change but those that undo others, such as RevertRelease',
  '--all-changes': '',
} as const;
const LISTED = { '--listed': 'the API is the path of a listed call' } as const;
const FILE = { '--file <FILE>': '(default: CONSOLE_USERS_FILE)' } as const;

const restore: Verb = verb(['Postgres', 'Kafka'], {
  summary: 'brings Postgres up to date from Kafka after it was restored from a backup',
  usage: '(--since TIME [--dry-run] | --accept --reason TEXT) [--json]',
  options: {
    '--since <TIME>': 'the time that Postgres was restored to, or earlier',
    '--dry-run': 'writes nothing',
    '--accept': 'declares the present state of Postgres valid',
    '--reason <TEXT>': 'of --accept',
  },
  details:
    'All workers must be stopped. It pauses all rollouts and stops the APIs of all changes; wxa quota lift ends that.',
  example: '--since 2026-03-01T12:00:00Z --dry-run',
  run: async (_, values) => (await import('../restore.js')).restoreFromKafka(values),
});

/** What operators run against Postgres, Kafka and files. */
export const OPERATOR_VERBS: Verbs = {
  migrate: verb(['Postgres'], {
    summary: 'runs the pending migrations',
    options: {
      '--grant <ROLE>':
        'grants the tables to a role that was created after the schema; wxa_app gets them with each migration',
    },
    example: '',
    run: async (_, values) => (await import('../migrate.js')).migrateSchema(values),
  }),
  'quota list': verb(['Postgres'], {
    summary: 'lists the stopped APIs and when each resumes, and the rates that were set',
    example: '',
    run: async (_, values) => (await quota()).listLimits(values),
  }),
  'quota stop': verb(['Postgres'], {
    summary: 'stops an API, or every API that changes something at WeChat',
    args: '[API]',
    usage: '(API | --forward-changes | --all-changes) [options]',
    required: { '--until <TIME>': '', '--reason <TEXT>': '' },
    options: { ...SCOPES, ...LISTED },
    details:
      'Its operations wait and do not fail. Calls/ChangeWechat is all listed calls that may change something, whatever their paths.',
    example: "wxa/release --until 2099-01-07T09:00:00+08:00 --reason 'template 128 is broken'",
    run: async ([api], values) => (await quota()).stop(api, values),
  }),
  'quota lift': verb(['Postgres'], {
    summary: 'resumes an API now, whether an operator or an exhausted quota stopped it',
    args: '[API]',
    usage: '(API | --forward-changes | --all-changes) [--json]',
    options: SCOPES,
    example: 'wxa/release',
    run: async ([api], values) => (await quota()).liftStop(api, values),
  }),
  'quota rate': verb(['Postgres'], {
    summary: "sets the calls per second to an API, or to every API without a rate of its own ('*')",
    args: '<API> <N>',
    usage: "API|'*' N|default [--listed] [--json]",
    options: LISTED,
    details: 'For all workers. 0: no limit; default: as if it had not been set.',
    example: 'wxa/commit 200',
    run: async ([api = '', n = ''], values) => (await quota()).rate(api, n, values),
  }),
  'secrets rotate': verb(['Postgres', 'secrets'], {
    summary: 'encrypts all secrets again, with the new key',
    example: '',
    run: async (_, values) => (await import('../secrets.js')).rotate(values),
  }),
  restore,
  republish: verb(['Postgres'], {
    summary: 'publishes outcomes and ended audits again, each under its original ce_id',
    required: { '--since <TIME>': 'of operations and audits that ended from then on' },
    options: {
      '--until <TIME>': 'and before (default: now)',
      '--appid <APPID>': '',
      '--topic <outcomes|audits>': '(default: both)',
    },
    example: '--since 2026-03-01T00:00:00Z --topic outcomes',
    run: async (_, values) => (await import('../republish.js')).republishAll(values),
  }),
  'outbox list': verb(['Postgres'], {
    summary: 'lists the quarantined events, which Kafka permanently rejected, oldest first',
    options: { '--limit <N>': '(default: 50)' },
    example: '--limit 100',
    run: async (_, values) => (await outbox()).listQuarantined(values),
  }),
  'outbox release': verb(['Postgres'], {
    summary: 'puts quarantined events back; they are published within a second',
    args: '[EVENT_ID...]',
    usage: '(EVENT_ID... | --all) [--json]',
    options: { '--all': '' },
    example: '--all',
    run: async (ids, values) => (await outbox()).releaseEvents(ids, values),
  }),
  'adopt check': verb(['Postgres', 'Kafka'], {
    summary: 'checks what has to hold before a step of docs/adoption.md; exit code 1: something does not',
    options: {
      '--step <N>': 'from 0 to 5; (default: all)',
      '--url <URL>': 'the public callback URL, with $APPID$: a signed callback is sent there',
      '--debug-demo': "waits for the event debug_demo of WeChat's debugging page",
      '--wait <TIME>': 'of --debug-demo (default: 1m)',
      '--send': 'sends that callback to each target of a forward too',
      '--group <GROUP>': 'a consumer group that reads the callbacks',
    },
    details: 'It changes nothing. Run it in the environment of the apps, whose settings it reads.',
    example: '--step 1',
    run: async (_, values) => (await import('../adopt/check.js')).adoptCheck(values),
  }),
  'authorizers recheck': verb(['Postgres'], {
    summary: 'lets workers check mini-programs that need authorization now',
    args: '[APPID...]',
    usage: '(APPID... | --all) [--json]',
    options: { '--all': '' },
    details: 'Up to 1,000 a minute per worker. The others are checked at most once a day.',
    example: '--all',
    run: async (appids, values) => (await import('../authorizers/recheck.js')).recheck(appids, values),
  }),
  'authorizers renew': verb(['Postgres'], {
    summary: "renews access tokens now, the platform's included, which ends those in use within 5 minutes",
    args: '[APPID...]',
    usage: '(APPID... | --all) --reason TEXT [--json]',
    required: { '--reason <TEXT>': '' },
    options: { '--all': '' },
    details:
      'For example because a token leaked. Workers begin within 2 s; it waits for them up to 30 s. What is not renewed then stays wanted.',
    example: "--all --reason 'a log with tokens was published'",
    run: async (appids, values) => (await import('../authorizers/renew.js')).renew(appids, values),
  }),
  'authorizers export': verb(['Postgres', 'secrets'], {
    summary:
      'writes the refresh tokens of all authorized mini-programs to a new file that only its owner can read',
    args: '<FILE>',
    details:
      'For a program that takes the tokens over and cannot read them from WeChat: in the format that wxa authorizers import reads. Delete FILE afterwards.',
    example: 'exported.jsonl',
    run: async ([file = ''], values) => (await import('../authorizers/export.js')).exportAll(file, values),
  }),
  'authorizers forget-tokens': verb(['Postgres'], {
    summary: 'deletes all stored tokens, tickets and codes; names and labels stay',
    required: { '--reason <TEXT>': '' },
    details:
      'For a platform that has moved back to tokens of its own: no gateway and no worker may have the token source component.',
    example: "--reason 'the old program holds the tokens again'",
    run: async (_, values) => (await import('../authorizers/forget-tokens.js')).forget(values),
  }),
  'dlq list': verb(['Kafka'], {
    summary: 'lists the dead-lettered messages, oldest first',
    options: { '--reason <REASON>': '' },
    example: '',
    run: async (_, values) => (await dlq()).listDeadLetters(values),
  }),
  'dlq show': verb(['Kafka'], {
    summary: 'prints the value and the headers of a message',
    args: '<PARTITION:OFFSET>',
    example: '3:17',
    run: async ([position = ''], values) => (await dlq()).showDeadLetter(position, values),
  }),
  'dlq replay': verb(['Kafka', 'Postgres'], {
    summary: 'publishes messages to the commands topic again, unmodified',
    args: '[PARTITION:OFFSET...]',
    usage: '(PARTITION:OFFSET... | --reason REASON | --all) [options]',
    options: { '--reason <REASON>': '', '--all': '', '--again': 'also those that were replayed' },
    example: '--reason NOT_A_COMMAND',
    run: async (positions, values) => (await dlq()).replayAll(positions, values),
  }),
  'policy check': verb(['policy'], {
    summary: 'reports the errors of a policy file; exit code 0: valid, 1: invalid',
    args: '<FILE>',
    example: 'policy.yaml',
    run: async ([file = ''], values) => (await policy()).checkPolicy(file, values),
  }),
  'policy explain': verb(['policy'], {
    summary: 'prints the decision on a call, with the deciding rule; exit code 0: allowed, 1: denied',
    args: '<FILE>',
    required: { '--caller <NAME>': '', '--method <SERVICE/METHOD>': '', '--appid <APPID>': '' },
    options: { '--call <NAME>': 'a listed call, for a method of Calls' },
    example: 'policy.yaml --caller shop --method CodeManagement/Commit --appid wx0123456789abcdef',
    run: async ([file = ''], values) => (await policy()).explainDecision(file, values),
  }),
  'policy new-key': verb(['policy'], {
    summary: 'prints a new API key, once, and the line for the policy file',
    args: '<CALLER>',
    example: 'shop',
    run: async ([caller = ''], values) => (await policy()).newKey(caller, values),
  }),
  'users add': verb(['users'], {
    summary: 'adds a user of the console, and makes the users file if there is none',
    args: '<NAME>',
    required: { '--role <viewer|operator>': '' },
    options: {
      '--scope <SCOPE>': 'one of CONSOLE_SCOPES_FILE: the user sees its mini-programs only',
      ...FILE,
    },
    details: PASSWORD,
    example: 'zhangsan --role operator',
    run: async ([name = ''], values) => (await users()).add(name, values),
  }),
  'users list': verb(['users'], {
    summary: 'lists the users of the console',
    options: FILE,
    example: '',
    run: async (_, values) => (await users()).listUsers(values),
  }),
  'users passwd': verb(['users'], {
    summary: 'changes the password of a user of the console, which ends its sessions',
    args: '<NAME>',
    options: FILE,
    details: PASSWORD,
    example: 'zhangsan',
    run: async ([name = ''], values) => (await users()).changePassword(name, values),
  }),
  'users remove': verb(['users'], {
    summary: 'removes a user of the console, which ends its sessions',
    args: '<NAME>',
    options: FILE,
    example: 'zhangsan',
    run: async ([name = ''], values) => (await users()).remove(name, values),
  }),
};
