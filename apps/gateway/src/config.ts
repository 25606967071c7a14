import { readSecretsKey } from '@wxa/authorizers';
import { errorsOfForwards } from '@wxa/policy';
import {
  type Address,
  address,
  baseUrl,
  checkedFile,
  commonSettings,
  count,
  isLoopback,
  milliseconds,
  onOrOff,
  optionalAddress,
  readable,
  withCrossChecks,
} from '@wxa/service';
import { isEncodingAesKey } from '@wxa/wxa-client';
import { z } from 'zod';
import { accessSettings } from './callers/access-settings.js';

const withoutWhitespace = (error: string) =>
  z.string({ error }).regex(/^\S+$/, 'must not contain whitespace');
const aesKey = (error: string) =>
  z.string({ error }).refine(isEncodingAesKey, 'must be 43 base64 characters');

const secretsKey = (missing?: string) => readable(readSecretsKey, 'must be 32 bytes in base64', missing);

const requiredIfSecure = (what: string) => `required if WECHAT_CALLBACK_MODE is secure: ${what}`;

/** The callback secrets configured at WeChat. */
const callbackSecrets = z.object({
  WECHAT_CALLBACK_TOKEN: withoutWhitespace(requiredIfSecure('the callback token configured at WeChat')),
  WECHAT_ENCODING_AES_KEY: aesKey(requiredIfSecure('the EncodingAESKey configured at WeChat')),
  WECHAT_COMPONENT_APPID: withoutWhitespace(requiredIfSecure("the third-party platform's own appid")),
});

type Environment = Readonly<Record<string, string | undefined>>;

const isComponent = (env: Environment) => (env.WECHAT_TOKEN_SOURCE || 'component') === 'component';

const settings = (env: Environment) =>
  z.object({
    ...accessSettings(env),
    ...commonSettings,
    ...callbackSecrets.partial().shape,
    GRPC_ADDR: address('127.0.0.1:50051'),
    HTTP_ADDR: address('127.0.0.1:8080'),
    /** Of this many successful reads one is logged. */
    LOG_SAMPLE_READS: count(100),
    /** Where probes and metrics are served instead of on HTTP_ADDR. */
    ADMIN_ADDR: optionalAddress,
    /** Where callers read access tokens; unset: nowhere. */
    TOKEN_SERVICE_ADDR: optionalAddress.superRefine((at, context) => {
      for (const message of at === undefined ? [] : tokenServiceNeeds(at, env))
        context.addIssue({ code: 'custom', message });
    }),
    WECHAT_CALLBACK_MODE: z.enum(['secure', 'plain'], 'must be secure or plain').default('secure'),
    WECHAT_CALLBACK_TOKEN_PREVIOUS: withoutWhitespace('').optional(),
    WECHAT_ENCODING_AES_KEY_PREVIOUS: aesKey('').optional(),
    WECHAT_TOKEN_SOURCE: z
      .enum(['component', 'endpoint', 'static'], 'must be component, endpoint or static')
      .default('component'),
    /** The gateway makes no call there; with the real WeChat it refuses well-known secrets. */
    WECHAT_API_URL: baseUrl.default('https://api.weixin.qq.com'),
    /** off: callbacks that this service does not act on are dropped. */
    PLATFORM_EVENTS: onOrOff('on'),
    /** Names of events of which only sender, receiver, time and kind are published. */
    PLATFORM_EVENTS_WITHOUT_CONTENT: z
      .string()
      .default('')
      .transform((text) => text.split(',').map((name) => name.trim()))
      .transform((names) => names.filter((name) => name !== '')),
    /** Beyond it WeChat is asked to deliver messages and events again. */
    PLATFORM_EVENTS_MAX_WAITING: count(5_000_000, 100_000_000),
    CALLBACK_FORWARD_FILE: checkedFile(z.string().optional(), (path) => {
      const errors = errorsOfForwards(path, isComponent(env));
      if (errors.length > 0)
        throw new Error(errors.map(({ file, line, message }) => `${file}:${line}: ${message}`).join('\n'));
    }),
    SECRETS_KEY: secretsKey().optional(),
    SECRETS_KEY_PREVIOUS: secretsKey().optional(),
    /** How long an operation is retried. A query without a deadline of its caller waits slightly longer. */
    OPERATION_DEADLINE_MS: milliseconds(600_000),
    /** Of all clients, those without a credential included; more are closed as they arrive. */
    GRPC_MAX_CONNECTIONS: count(5000),
    /** Concurrent calls on one gRPC connection; HTTP/2 rejects more. Half of them may be watch streams. */
    GRPC_MAX_STREAMS: count(2000),
    /** Concurrent calls that wait for an outcome, over all connections. */
    GRPC_MAX_PENDING_QUERIES: count(10_000),
    /** Maximum duration of an upload. */
    GRPC_UPLOAD_TIMEOUT_MS: milliseconds(120_000),
    /** Concurrent WatchOperations streams, over all connections. */
    GRPC_MAX_WATCH_STREAMS: count(1000),
  });

/** What the token service lacks: it hands out tokens to known callers only, encrypted, and has those of `component` only. */
function tokenServiceNeeds({ host }: Address, env: Environment): string[] {
  const isGiven = (name: string) => (env[name] ?? '') !== '';
  const isComponent = (env.WECHAT_TOKEN_SOURCE || 'component') === 'component';
  return [
    ...(isGiven('AUTH_POLICY_FILE') ? [] : ['requires AUTH_POLICY_FILE']),
    ...(isLoopback(host) || isGiven('GRPC_TLS_CERT_FILE')
      ? []
      : ['requires GRPC_TLS_CERT_FILE unless it is a loopback address']),
    ...(isComponent ? [] : ['requires WECHAT_TOKEN_SOURCE=component']),
  ];
}

export type GatewaySettings = z.infer<ReturnType<typeof settings>>;

/** Additional settings of the component token source, which stores tickets and authorizations encrypted. */
const componentSecrets = z.object({
  SECRETS_KEY: secretsKey('required if WECHAT_TOKEN_SOURCE is component: 32 bytes in base64'),
});

/**
 * The schema of the gateway's environment. It includes what the chosen modes require, to report all errors together.
 */
export function gatewaySettings(env: Environment): z.ZodType<GatewaySettings> {
  const all = settings(env);
  const secure = env.WECHAT_CALLBACK_MODE === 'plain' ? all : all.extend(callbackSecrets.shape);
  return withCrossChecks(isComponent(env) ? secure.extend(componentSecrets.shape) : secure);
}

/** Injection tokens of dependencies that are not classes. */
export const SETTINGS = Symbol('settings');
export const LOGGER = Symbol('logger');

/** The app name in `ce_source` of the gateway's events. */
export const GATEWAY_SOURCE = 'gateway';

/** The token of the gateway's Tracing; null without tracing. */
export const TRACING = Symbol('tracing');
