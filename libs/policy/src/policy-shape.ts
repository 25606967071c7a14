import { z } from 'zod';
import { isPattern } from './appid-set.js';
import { endOfDateMs } from './credentials/api-key.js';
import { MAX_CALLS } from './listed-call.js';

const MAX_LIMIT = 1_000_000_000_000;
const text = z
  .string('must be a text; put it in quotes')
  .min(1, 'must not be empty')
  .max(1000, 'must be at most 1,000 characters');
const names = z.array(text, 'must be a list').min(1, 'must not be empty');

/** The name of a caller, a role or a set of appids. */
export const NAME = /^[a-z0-9][a-z0-9-]{0,39}$/;
export const MUST_BE_NAME = 'must be 1 to 40 characters of a-z, 0-9 and -, and not begin with -';

const pattern = text.refine(isPattern, 'must be an appid, or a prefix of one followed by *');

/** A named set of appids. */
export const setShape = z.union(
  [
    z.strictObject({ patterns: z.array(pattern) }),
    z.strictObject({ file: text }),
    z.strictObject({ component: z.literal(true) }),
  ],
  'must be { patterns: [...] } with appids, or prefixes followed by *; { file: ... }; or { component: true }',
);

/** The methods of a role. */
export const roleShape = names;

const ruleShape = z
  .strictObject({
    roles: names.optional(),
    methods: names.optional(),
    calls: names.optional(),
    appids: z.union([z.literal('all'), names], 'must be all, or a list of names of sets and patterns'),
    reason: text.optional(),
  })
  .refine(({ roles, methods }) => roles !== undefined || methods !== undefined, 'must name roles or methods');

const limit = z
  .number('must be a number')
  .int('must be a whole number')
  .min(1, 'must be above 0')
  .max(MAX_LIMIT, `must be at most ${MAX_LIMIT}`);

const limitsShape = z
  .strictObject({
    perSecond: z
      .number('must be a number')
      .positive('must be above 0')
      .max(1_000_000, 'must be at most 1000000')
      .optional(),
    burst: limit.optional(),
    unfinished: limit.optional(),
    uploadBytes: limit.optional(),
    auditsPerMonth: limit.optional(),
    speedUpsPerMonth: limit.optional(),
    liveRollouts: limit.optional(),
    drafts: limit.optional(),
    targets: limit.optional(),
    streams: limit.optional(),
    waiting: limit.optional(),
    uploadMemory: limit.optional(),
  })
  .refine(
    ({ perSecond, burst }) => burst === undefined || perSecond !== undefined,
    'burst requires perSecond',
  );

const apiKeyShape = z.strictObject({
  id: text.regex(/^[a-z0-9]{8}$/, 'must be 8 characters of a-z and 0-9'),
  sha256: text.regex(/^[0-9a-f]{64}$/, 'must be 64 hexadecimal digits'),
  expires: text.refine((date) => endOfDateMs(date) !== undefined, 'must be a date, YYYY-MM-DD').optional(),
});

const credentialShape = z
  .strictObject({
    jwt: z.strictObject({ issuer: text, subject: text }).optional(),
    uri: text.refine((uri) => URL.canParse(uri), 'must be a URI').optional(),
    dns: text.regex(/^[A-Za-z0-9._-]+$/, 'must be a DNS name').optional(),
    cn: text.optional(),
    apiKey: apiKeyShape.optional(),
  })
  .refine(
    (credential) => Object.values(credential).filter((value) => value !== undefined).length === 1,
    'must have exactly one of jwt, uri, dns, cn and apiKey',
  );

export const callerShape = z.strictObject({
  name: text.regex(NAME, MUST_BE_NAME),
  credentials: z.array(credentialShape, 'must be a list').min(1, 'must not be empty'),
  allow: z.array(ruleShape, 'must be a list').default([]),
  deny: z.array(ruleShape, 'must be a list').default([]),
  limits: limitsShape.default({}),
  mayActFor: z.boolean('must be true or false').default(false),
});

/** The sections of the file, whose entries are checked one by one so that all errors are found. */
export const fileShape = z.strictObject({
  version: z.literal(1, 'must be 1'),
  appids: z.record(z.string(), z.unknown(), 'must be a mapping of names to sets').default({}),
  roles: z.record(z.string(), z.unknown(), 'must be a mapping of names to lists of methods').default({}),
  calls: z
    .record(z.string(), z.unknown(), 'must be a mapping of names to calls')
    .refine((calls) => Object.keys(calls).length <= MAX_CALLS, `must be at most ${MAX_CALLS}`)
    .default({}),
  callers: z
    .array(z.unknown(), 'must be a list of callers')
    .max(200, 'must be at most 200, because their names are metric labels'),
});

export type RuleEntry = z.infer<typeof ruleShape>;
export type CallerEntry = z.infer<typeof callerShape>;
export type CredentialEntry = CallerEntry['credentials'][number];
