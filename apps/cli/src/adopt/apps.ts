import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { TOPICS } from '@wxa/contracts';
import { TopicCheck } from '@wxa/kafka';
import { connect } from '../kafka/connect.js';
import { type AdoptionCheck, type AdoptionResult, fail, notChecked, ok, type Tools, warn } from './result.js';
import { askTokenUrl } from './token-url.js';

const ALL = [0, 1, 2, 3, 4, 5];
const APPS = { gateway: 'gateway', worker: 'release-worker' };
/** Either only reads settings, which takes half a minute on a very busy machine. */
const TIMEOUT_MS = 120_000;

/** Each app checks the settings that it finds in this environment. */
export const settingsOfApps: AdoptionCheck = {
  name: 'settings',
  steps: ALL,
  run: () => Promise.all(Object.entries(APPS).map(([name, folder]) => settingsOf(name, folder))),
};

async function settingsOf(name: string, folder: string): Promise<AdoptionResult> {
  const main = fileURLToPath(new URL(`../../../${folder}/dist/bundle.js`, import.meta.url));
  try {
    await promisify(execFile)(process.execPath, [main, '--check'], { timeout: TIMEOUT_MS });
    return ok(`those of the ${name} are valid`);
  } catch (error) {
    return notPassed(name, error as Parameters<typeof notPassed>[1]);
  }
}

/** @param error of the process of its check. */
export function notPassed(
  name: string,
  { killed, stderr = '', message }: { killed: boolean; stderr?: string; message: string },
): AdoptionResult {
  if (killed)
    return warn(`the check of the ${name} took over ${TIMEOUT_MS / 1000} s`, 'run this check again');
  const what = (stderr || message).trim().split('\n').join('; ');
  return fail(`the ${name} would not start: ${what}`, 'set them, or run it in the environment of the apps');
}

/** Settings of topics, and the rights to read them. */
export const topics: AdoptionCheck = {
  name: 'topics',
  steps: ALL,
  run: async ({ env }) => (env.KAFKA_BROKERS === undefined ? notChecked('KAFKA_BROKERS') : compared()),
};

function compared(): Promise<AdoptionResult[]> {
  const connection = connect('adopt');
  const found: AdoptionResult[] = [];
  return new Promise((resolve) => {
    const note = (line: object, message: string) => found.push(ofLine(line, message));
    const logger = { info: () => undefined, warn: note, error: note };
    const topicCheck = new TopicCheck(connection, {
      logger: { ...logger, warn: (line: object, message: string) => end(line, message) },
      onChecked: () => end(),
      optional: [TOPICS.events],
    });
    const end = (line?: object, message = '') => {
      if (line !== undefined) note(line, message);
      // Each topic that differs has a line before the comparison ends.
      if (message === 'kafka topic differs') return;
      topicCheck.stop();
      resolve(found.length === 0 ? [ok('all topics are as they should be')] : found);
    };
    topicCheck.start();
  });
}

function ofLine(line: object, message: string): AdoptionResult {
  const { topic, findings = [], error } = line as { topic?: string; findings?: string[]; error?: string };
  if (message === 'kafka topic differs')
    return warn(`${topic}: ${findings.join('; ')}`, 'change the settings of the topic');
  if (message === 'kafka access denied')
    return warn(String(error), 'grant it, or compare the topics yourself');
  return fail(String(error), 'look at KAFKA_BROKERS, the rights and whether all topics exist');
}

/** The token URL of the old program. */
export const tokenUrl: AdoptionCheck = {
  name: 'token URL',
  steps: [0, 1],
  async run(tools) {
    const { env } = tools;
    if (env.WECHAT_TOKEN_SOURCE !== 'endpoint') return ok('not used: WECHAT_TOKEN_SOURCE is not endpoint');
    if (env.WECHAT_TOKEN_URL === undefined) return notChecked('WECHAT_TOKEN_URL');
    return [await ofPlatform(tools), await ofMiniProgram(tools)];
  },
};

async function ofPlatform({ env }: Tools): Promise<AdoptionResult> {
  const { WECHAT_COMPONENT_APPID: appid } = env;
  if (appid === undefined) return notChecked('WECHAT_COMPONENT_APPID');
  const { status } = await askTokenUrl(env, appid);
  if (status === 200)
    return ok("it returns the platform's token: wxa authorizers sync can read WeChat's list");
  if (status !== 404) return fail(`${status} for the component appid`, 'look at the old program');
  return warn(
    "it does not return the platform's token, so there is no sync",
    'use wxa authorizers register for what no callback tells',
  );
}

async function ofMiniProgram({ env, rows }: Tools): Promise<AdoptionResult> {
  const [known] = await rows<{ appid: string }>(
    `select appid from authorizers where state = 'AUTHORIZED' order by appid limit 1`,
  );
  if (known === undefined)
    return warn('no mini-program is known to ask for', 'use wxa authorizers sync or register');
  const { status } = await askTokenUrl(env, known.appid);
  if (status === 200) return ok(`it returns a token for ${known.appid}`);
  return fail(`${status} for ${known.appid}`, 'look at the old program');
}
