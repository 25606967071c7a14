import { connect as connectTcp } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { TOPICS } from '@wxa/contracts';
import { withAdmin } from '@wxa/kafka';
import {
  AppidSet,
  type ForwardRule,
  isKept,
  readForwards,
  TICKET,
  TOKEN_CALLBACKS,
  urlOf,
} from '@wxa/policy';
import { connect } from '../kafka/connect.js';
import { PROBE_APPID, post, signedCallback } from './callback.js';
import { authorizedIn } from './directory.js';
import { type AdoptionCheck, type AdoptionResult, fail, notChecked, ok, type Tools, warn } from './result.js';
import type { AppSettings } from './settings.js';

const CONNECT_MS = 5_000;
/** Decisions of audits are on a topic of their own. */
const OF_AUDITS = /^weapp_audit_/;

function keepsTokens({ WECHAT_TOKEN_SOURCE: source = 'component' }: AppSettings): boolean {
  return source === 'component';
}

/** The rules of the forward file; none without one. Throws if it is invalid, which gateways would refuse too. */
async function rulesOf(env: AppSettings): Promise<readonly ForwardRule[]> {
  const { CALLBACK_FORWARD_FILE: path } = env;
  if (path === undefined) return [];
  const { value, errors } = await readForwards(path, keepsTokens(env));
  if (value !== undefined) return value.rules;
  throw new Error(errors.map(({ file, line, message }) => `${file}:${line}: ${message}`).join('; '));
}

/** The targets of forwards. */
export const forwardTargets: AdoptionCheck = {
  name: 'forwards',
  steps: [2, 3],
  async run(tools) {
    if (tools.env.CALLBACK_FORWARD_FILE === undefined)
      return warn('CALLBACK_FORWARD_FILE is not set: no callback is forwarded', 'write a forward file');
    const rules = await rulesOf(tools.env);
    const known = await authorizedIn(tools);
    // A target may know its own mini-programs only.
    const appidOf = ({ appids }: ForwardRule) => known.find((appid) => appids.has(appid)) ?? PROBE_APPID;
    return Promise.all(rules.map((rule) => reached(rule, appidOf(rule), tools)));
  },
};

async function reached(
  { name, url }: ForwardRule,
  appid: string,
  { env, options }: Tools,
): Promise<AdoptionResult> {
  const target = urlOf(url, appid);
  if (target === undefined) return fail(`${name}: its URL is none for ${appid}`, 'correct the rule');
  const { protocol, hostname, port } = target;
  const host = hostname.replace(/^\[|\]$/g, '');
  const isTls = protocol === 'https:';
  const error = await connected(host, Number(port || (isTls ? 443 : 80)), isTls);
  if (error !== undefined) return fail(`${name}: no connection to ${host}: ${error}`, 'look at the target');
  if (!options.send) return ok(`${name}: ${host} accepts connections`);
  const request = signedCallback(env);
  if ('missing' in request) return notChecked(request.missing);
  const answer = await post(target.href, request).catch((failed: unknown) => String(failed));
  if (/^200( success)?$|^200 .*<Encrypt>/s.test(answer))
    return ok(`${name}: it answered ${answer} for ${appid}`);
  return fail(
    `${name}: it answered ${answer} for ${appid}`,
    'its token and AES key must be those of this service',
  );
}

/** Undefined once connected, else why not. */
function connected(host: string, port: number, isTls: boolean): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = isTls ? connectTls({ host, port, servername: host }) : connectTcp({ host, port });
    const end = (error?: string) => {
      socket.destroy();
      resolve(error);
    };
    socket.setTimeout(CONNECT_MS, () => end(`nothing within ${CONNECT_MS / 1_000} s`));
    socket.once(isTls ? 'secureConnect' : 'connect', () => end());
    socket.once('error', (error: NodeJS.ErrnoException) => end(error.code ?? error.message));
  });
}

/** Who takes each name that the platform receives. */
export const callbackNames: AdoptionCheck = {
  name: 'names',
  steps: [3],
  async run(tools) {
    const { env, options, rows } = tools;
    const received = await rows<{ name: string }>(
      `select distinct name from callback_names where last_at > now() - interval '30 days' order by name`,
    );
    const rules = await rulesOf(env);
    const known = await authorizedIn(tools);
    const takenBy = (name: string) => takers(name, rules, env);
    const isForOthers = (name: string) => !OF_AUDITS.test(name) && !isKept(name, keepsTokens(env));
    const others = received.map(({ name }) => name).filter(isForOthers);
    const left = others.filter((name) => takenBy(name).length === 0);
    // The topic has no tickets and no codes.
    const secret = left.filter((name) => TOKEN_CALLBACKS.includes(name));
    const unread = left.filter((name) => !secret.includes(name));
    return [
      ok(`${received.length} names were received in 30 days, ${left.length} of them without a rule`),
      ...(secret.length === 0
        ? []
        : [fail(`no rule for ${secret.join(', ')}`, 'the program that renews the tokens needs them')]),
      ...partly(
        others.filter((name) => name !== TICKET),
        takenBy,
        known,
      ),
      ...(await readers(unread, options.group, env)),
    ];
  },
};

function takers(name: string, rules: readonly ForwardRule[], env: AppSettings): ForwardRule[] {
  // Without the setting only a rule for all is known to take tickets.
  const { WECHAT_COMPONENT_APPID: platform = '' } = env;
  return rules
    .filter(({ events }) => (events === 'all' ? !isKept(name, keepsTokens(env)) : events.has(name)))
    .filter(({ appids }) => name !== TICKET || appids.has(platform));
}

/** The names whose rules are for some mini-programs only. */
function partly(
  names: string[],
  takenBy: (name: string) => ForwardRule[],
  known: readonly string[],
): AdoptionResult[] {
  return names.flatMap((name) => {
    const rules = takenBy(name);
    const sets = rules.map(({ appids }) => appids);
    if (sets.length === 0 || sets.some(({ patterns }) => patterns === 'all')) return [];
    const patterns = new AppidSet(sets.flatMap((set) => set.patterns));
    const without = known.filter((appid) => !patterns.has(appid));
    if (without.length === 0) return [];
    const what = `${name}: the patterns of ${rules.map((rule) => rule.name).join(', ')} leave out ${without.length}`;
    return [
      warn(`${what} of ${known.length} mini-programs, such as ${without[0]}`, 'add a rule, or a reader'),
    ];
  });
}

async function readers(
  left: string[],
  group: string | undefined,
  env: AppSettings,
): Promise<AdoptionResult[]> {
  if (group !== undefined) return [await readBy(group, env)];
  if (left.length === 0) return [];
  const next = 'add a rule, or name the reader with --group';
  return [fail(`no rule and no reader for ${left.join(', ')}`, next)];
}

/** Whether a consumer group reads the topic. */
async function readBy(group: string, env: AppSettings): Promise<AdoptionResult> {
  if (env.KAFKA_BROKERS === undefined) return notChecked('KAFKA_BROKERS');
  const connection = connect('adopt');
  const topic = connection.topic(TOPICS.events);
  const read = await withAdmin(connection, (admin) =>
    admin.fetchOffsets({ groupId: group, topics: [topic] }),
  );
  const isRead = read.some(({ partitions }) => partitions.some(({ offset }) => offset !== '-1'));
  if (!isRead)
    return fail(`the group ${group} has never read ${topic}`, 'start it, then run this check again');
  return ok(`the group ${group} reads ${topic}`);
}
