import { address, commonSettings, count, milliseconds } from '@wxa/service';
import { isEncodingAesKey } from '@wxa/wxa-client';
import { z } from 'zod';

const NEEDED_IN_SECURE_MODE = {
  WECHAT_CALLBACK_TOKEN: 'the token of the callback, as set at WeChat',
  WECHAT_ENCODING_AES_KEY: 'the EncodingAESKey of the callback, as set at WeChat',
  WECHAT_COMPONENT_APPID: "the third-party platform's own appid",
} as const;

const withoutBlanks = z.string().regex(/^\S+$/, 'must have no blanks').optional();
const aesKey = z.string().refine(isEncodingAesKey, 'must be 43 base64 characters').optional();

/** The environment of the gateway. */
export const gatewaySettings = z
  .object({
    ...commonSettings,
    GRPC_ADDR: address('127.0.0.1:50051'),
    HTTP_ADDR: address('127.0.0.1:8080'),
    WECHAT_CALLBACK_MODE: z.enum(['secure', 'plain'], 'must be secure or plain').default('secure'),
    WECHAT_CALLBACK_TOKEN: withoutBlanks,
    WECHAT_ENCODING_AES_KEY: aesKey,
    WECHAT_ENCODING_AES_KEY_PREVIOUS: aesKey,
    WECHAT_COMPONENT_APPID: withoutBlanks,
    /** How long a query is waited for whose caller gave no deadline. */
    OPERATION_DEADLINE_MS: milliseconds(600_000),
    /** Calls at once on one gRPC connection; more are refused by HTTP/2 itself. */
    GRPC_MAX_STREAMS: count(1000),
    /** Calls at once, over all connections, that wait for an outcome. */
    GRPC_MAX_WAITING: count(10_000),
    /** WatchOperations streams at once, over all connections. */
    GRPC_MAX_WATCHERS: count(1000),
  })
  .superRefine((settings, context) => {
    if (settings.WECHAT_CALLBACK_MODE === 'plain') return;
    for (const name of Object.keys(NEEDED_IN_SECURE_MODE) as (keyof typeof NEEDED_IN_SECURE_MODE)[]) {
      if (settings[name] !== undefined) continue;
      const message = `required where WECHAT_CALLBACK_MODE is secure: ${NEEDED_IN_SECURE_MODE[name]}`;
      context.addIssue({ code: 'custom', path: [name], message });
    }
  });

export type GatewaySettings = z.infer<typeof gatewaySettings>;

/** Injection tokens of what is no class. */
export const SETTINGS = Symbol('settings');
export const LOGGER = Symbol('logger');

/** `ce_source` of what the gateway publishes. */
export const SOURCE = '/wxa-code/gateway';
