import { address, commonSettings, count, milliseconds, readable } from '@wxa/service';
import { readSecretsKey } from '@wxa/store';
import { isEncodingAesKey } from '@wxa/wxa-client';
import { z } from 'zod';

const withoutBlanks = (error: string) => z.string({ error }).regex(/^\S+$/, 'must not contain whitespace');
const aesKey = (error: string) =>
  z.string({ error }).refine(isEncodingAesKey, 'must be 43 base64 characters');

const secretsKey = (missing?: string) => readable(readSecretsKey, 'must be 32 bytes in base64', missing);

const needed = (what: string) => `required if WECHAT_CALLBACK_MODE is secure: ${what}`;

/** What the platform agreed with WeChat about its callbacks. */
const callbackSecrets = z.object({
  WECHAT_CALLBACK_TOKEN: withoutBlanks(needed('the callback token configured at WeChat')),
  WECHAT_ENCODING_AES_KEY: aesKey(needed('the EncodingAESKey configured at WeChat')),
  WECHAT_COMPONENT_APPID: withoutBlanks(needed("the third-party platform's own appid")),
});

const settings = z.object({
  ...commonSettings,
  ...callbackSecrets.partial().shape,
  GRPC_ADDR: address('127.0.0.1:50051'),
  HTTP_ADDR: address('127.0.0.1:8080'),
  WECHAT_CALLBACK_MODE: z.enum(['secure', 'plain'], 'must be secure or plain').default('secure'),
  WECHAT_ENCODING_AES_KEY_PREVIOUS: aesKey('').optional(),
  WECHAT_TOKEN_SOURCE: z
    .enum(['component', 'endpoint', 'static'], 'must be component, endpoint or static')
    .default('component'),
  SECRETS_KEY: secretsKey().optional(),
  SECRETS_KEY_PREVIOUS: secretsKey().optional(),
  /** How long an operation is retried. A query whose caller gave no deadline is waited for a little longer. */
  OPERATION_DEADLINE_MS: milliseconds(600_000),
  /** Calls at once on one gRPC connection; more are refused by HTTP/2 itself. */
  GRPC_MAX_STREAMS: count(1000),
  /** Calls at once, over all connections, that wait for an outcome. */
  GRPC_MAX_PENDING_QUERIES: count(10_000),
  /** The longest that a file may take to come in. */
  GRPC_UPLOAD_TIMEOUT_MS: milliseconds(120_000),
  /** WatchOperations streams at once, over all connections. */
  GRPC_MAX_WATCH_STREAMS: count(1000),
});

export type GatewaySettings = z.infer<typeof settings>;

/** What the component source needs beyond the rest: tickets and authorizations are kept encrypted. */
const componentSecrets = z.object({
  SECRETS_KEY: secretsKey('required if WECHAT_TOKEN_SOURCE is component: 32 bytes in base64'),
});

/** How to read the environment of the gateway. What a mode needs is part of it, so that all faults show at once. */
export function gatewaySettings(env: {
  WECHAT_CALLBACK_MODE?: string | undefined;
  WECHAT_TOKEN_SOURCE?: string | undefined;
}): z.ZodType<GatewaySettings> {
  const secure = env.WECHAT_CALLBACK_MODE === 'plain' ? settings : settings.extend(callbackSecrets.shape);
  const ownTokens = (env.WECHAT_TOKEN_SOURCE || 'component') === 'component';
  return ownTokens ? secure.extend(componentSecrets.shape) : secure;
}

/** Injection tokens of what is no class. */
export const SETTINGS = Symbol('settings');
export const LOGGER = Symbol('logger');

/** The app in `ce_source` of what the gateway publishes. */
export const SOURCE = 'gateway';
