import { readConfig } from '@wxa/service/settings';
import { z } from 'zod';

const NAMES = [
  ...(['KAFKA_BROKERS', 'AUTH_POLICY_FILE', 'AUTH_JWT_JWKS'] as const),
  ...(['GRPC_TLS_CERT_FILE', 'GRPC_TLS_CLIENT_CA_FILE'] as const),
  ...(['CALLBACK_FORWARD_FILE', 'TOKEN_SERVICE_ADDR', 'SECRETS_KEY', 'SECRETS_KEY_PREVIOUS'] as const),
  ...(['WECHAT_CALLBACK_TOKEN', 'WECHAT_ENCODING_AES_KEY', 'WECHAT_COMPONENT_APPID'] as const),
  ...(['WECHAT_API_URL', 'WECHAT_PROXY_URL', 'WECHAT_TOKEN_SOURCE'] as const),
  ...(['WECHAT_TOKEN_URL', 'WECHAT_TOKEN_URL_KEY', 'WECHAT_TOKEN_URL_CA_FILE'] as const),
];

/** The settings that the checks read, as texts: the check of the settings says which are wrong. */
export type AppSettings = Partial<Record<(typeof NAMES)[number], string>>;

const optional = Object.fromEntries(NAMES.map((name) => [name, z.string().optional()]));

/** Those of an environment; `NAME_FILE` is a file with the value of NAME, as the apps read it. */
export function readSettings(environment: NodeJS.ProcessEnv): AppSettings {
  return readConfig(z.object(optional), environment) as AppSettings;
}
