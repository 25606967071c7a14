import type { ServerCredentials, ServerInterceptingCall, ServerInterceptor } from '@grpc/grpc-js';
import type { Policy } from '@wxa/policy';
import { isLoopback, type Logger, warnOfInsecure } from '@wxa/service';
import type { CallerUsage } from '@wxa/store';
import type { GatewaySettings } from '../config.js';
import { isAnonymous, limitAnonymous } from '../credentials/anonymous-calls.js';
import { Authenticator } from '../credentials/authenticate.js';
import { ServerCertificates } from '../credentials/certificates.js';
import type { DeniedCall } from '../credentials/denied-calls.js';
import { JsonWebTokens } from '../credentials/json-web-tokens.js';
import { KeySet, keyFile, keyServer } from '../credentials/key-set.js';
import { isHttps } from './access-settings.js';
import { type AccessParts, authorizeCall } from './authorize-call.js';
import { CallerLimiter, CallsInProgress } from './caller-limits.js';
import { OpenStreams } from './open-streams.js';
import { PolicyFile } from './policy-file.js';

/** Who may call the gateway: its certificates and the check of each call. */
export interface Access {
  /** Undefined without TLS. */
  credentials: ServerCredentials | undefined;
  /** Without a policy they allow every call. */
  interceptors: ServerInterceptor[];
  /** What the token service decides with, and its certificates; undefined without a policy. */
  ofTokens: TokenAccess | undefined;
  /** After a change of the client CA, once what its certificates opened has ended; `close` closes the connections. */
  onClientCaChange(close: () => void): void;
  stop(): void;
}

/** Who may read tokens. */
export interface TokenAccess {
  parts: AccessParts;
  certificates: ServerCertificates | undefined;
}

export interface AccessOptions {
  logger: Logger;
  usageOf(caller: string): CallerUsage | undefined;
  onDenied(call: DeniedCall): void;
  onPolicy?(policy: Policy, files: string): void;
}

/** Reads the certificates, the policy and the key set. Rejects if certificates or policy are invalid. */
export async function openAccess(settings: GatewaySettings, options: AccessOptions): Promise<Access> {
  const { logger } = options;
  const certificates = certificatesOf(settings, logger);
  warnOfInsecure(
    {
      grpc_plaintext: certificates === undefined && !isLoopback(settings.GRPC_ADDR.host),
      no_policy: settings.AUTH_POLICY_FILE === undefined,
    },
    logger,
  );
  const checks = await checksOf(settings, options);
  return {
    credentials: certificates?.credentials(),
    interceptors: [checks ? authorizeCall(checks.parts) : allowCalls()],
    ofTokens: checks && { parts: checks.parts, certificates },
    onClientCaChange: (close) => {
      if (certificates === undefined) return;
      certificates.onClientCaChange = () => {
        checks?.streams.endCertified();
        close();
      };
    },
    stop: () => {
      certificates?.stop();
      checks?.stop();
    },
  };
}

/** Limits the calls that need no credential, and lets others pass without a layer of their own. */
function allowCalls(): ServerInterceptor {
  const anonymous = limitAnonymous();
  return (method, call) =>
    isAnonymous(method.path) ? anonymous(method, call) : (call as ServerInterceptingCall);
}

function certificatesOf(settings: GatewaySettings, logger: Logger): ServerCertificates | undefined {
  const { GRPC_TLS_CERT_FILE: certificate, GRPC_TLS_KEY_FILE: key } = settings;
  if (certificate === undefined || key === undefined) return undefined;
  const requireClientCertificate = settings.GRPC_TLS_CLIENT_AUTH === 'required';
  const clientCa = settings.GRPC_TLS_CLIENT_CA_FILE;
  return new ServerCertificates({ certificate, key, clientCa, requireClientCertificate }, logger);
}

async function checksOf(
  { AUTH_POLICY_FILE: path, WECHAT_COMPONENT_APPID: componentAppid, ...settings }: GatewaySettings,
  { logger, usageOf, onDenied, onPolicy }: AccessOptions,
) {
  if (path === undefined) return undefined;
  const policy = await PolicyFile.open(path, {
    componentAppid,
    logger,
    ...(onPolicy && { onLoaded: onPolicy }),
  });
  const streams = new OpenStreams();
  policy.onChange(() => streams.recheck());
  const keySet = keySetOf(settings, logger);
  const {
    AUTH_JWT_ISSUER: issuer = '',
    AUTH_JWT_AUDIENCE: audience = '',
    AUTH_JWT_ALGORITHMS: algorithms,
  } = settings;
  const tokens = keySet && new JsonWebTokens(keySet, { issuer, audience, algorithms });
  keySet?.start();
  const parts: AccessParts = {
    policy,
    authenticator: new Authenticator(tokens),
    limits: new CallerLimiter(usageOf),
    inProgress: new CallsInProgress({
      streams: settings.GRPC_MAX_WATCH_STREAMS,
      waiting: settings.GRPC_MAX_PENDING_QUERIES,
    }),
    streams,
    componentAppid,
    onDenied,
    now: Date.now,
  };
  const stop = () => {
    policy.stop();
    streams.stop();
    keySet?.stop();
  };
  return { parts, streams, stop };
}

function keySetOf(
  {
    AUTH_JWT_JWKS: jwks,
    AUTH_JWT_CA_FILE: caFile,
  }: Pick<GatewaySettings, 'AUTH_JWT_JWKS' | 'AUTH_JWT_CA_FILE'>,
  logger: Logger,
): KeySet | undefined {
  if (jwks === undefined) return undefined;
  if (!isHttps(jwks)) return new KeySet(keyFile(jwks), logger);
  return new KeySet(keyServer(jwks, caFile), logger);
}
