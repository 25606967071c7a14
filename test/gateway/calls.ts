import { type CallOptions, type Client, status as Code, Metadata, type ServiceError } from '@grpc/grpc-js';
import * as contracts from '@wxa/contracts';
import { BadRequest, type DeepPartial, ErrorInfo, RetryInfo, Status } from '@wxa/contracts';

const RPCS = {
  ...{ ...contracts.AuditsService, ...contracts.AuthorizersService, ...contracts.CallsService },
  ...{ ...contracts.CodeManagementService, ...contracts.FleetService, ...contracts.OperationsService },
  ...{ ...contracts.PlatformDomainsService, ...contracts.PlatformService, ...contracts.SettingsService },
  ...{ ...contracts.SetupService, ...contracts.TemplatesService },
};
type Rpcs = typeof RPCS;
type RequestOf<R extends keyof Rpcs> = ReturnType<Rpcs[R]['requestDeserialize']>;
type AnswerOf<R extends keyof Rpcs> = ReturnType<Rpcs[R]['responseDeserialize']>;

/** Calls an RPC by its name; unset fields of the request have their default. Rejects with the ServiceError. */
export type Rpc = <R extends keyof Rpcs>(
  name: R,
  fields: DeepPartial<RequestOf<R>>,
  settings?: CallSettings,
) => Promise<AnswerOf<R>>;

/** Calls an RPC of a client's gateway, whatever service the client is for. */
export function callRpc<R extends keyof Rpcs>(
  client: Client,
  name: R,
  fields: DeepPartial<RequestOf<R>>,
  settings?: CallSettings,
): Promise<AnswerOf<R>> {
  const { path, requestSerialize, responseDeserialize } = RPCS[name];
  const own = `${name[0]?.toUpperCase()}${name.slice(1)}Request`;
  // Both RPCs of Calls have one.
  const type = (own.endsWith('WechatRequest') ? 'WechatCallRequest' : own) as 'CommitRequest';
  // biome-ignore lint/performance/noDynamicNamespaceImportAccess: tests are not bundled.
  const request = contracts[type].fromPartial(fields as object);
  const serialize = requestSerialize as (request: unknown) => Buffer;
  const method = client.makeUnaryRequest.bind(client, path, serialize, responseDeserialize);
  return call(client, method as never, request, settings);
}

type Unary<Request, Answer> = (
  request: Request,
  metadata: Metadata,
  options: Partial<CallOptions>,
  callback: (error: ServiceError | null, answer: Answer) => void,
) => { cancel(): void };

/** Calls an RPC of a client; rejects with the ServiceError. */
export function call<Client, Request, Answer>(
  client: Client,
  method: Unary<Request, Answer>,
  request: Request,
  { deadlineMs = 40_000, signal, headers = {} }: CallSettings = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const started = method.call(
      client,
      request,
      metadataOf(headers),
      { deadline: Date.now() + deadlineMs },
      (error, answer) => (error === null ? resolve(answer) : reject(error)),
    );
    signal?.addEventListener('abort', () => started.cancel());
  });
}

export function metadataOf(headers: Record<string, string>): Metadata {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
  return metadata;
}

export interface CallSettings {
  deadlineMs?: number;
  signal?: AbortSignal;
  headers?: Record<string, string>;
}

/** The details of a failed call. */
export interface Refusal {
  code: string | undefined;
  reason: string | undefined;
  domain: string | undefined;
  infos: number;
  metadata: Record<string, string>;
  violations: { field: string; description: string }[];
  /** Those of the violations. */
  fields: string[];
  retryAfterMs: number | undefined;
}

/** The details of a call that must fail. */
export async function refusalOf(promise: Promise<unknown>): Promise<Refusal> {
  const error = await promise.then(
    () => Promise.reject(new Error('the call succeeded')),
    (reason: ServiceError) => reason,
  );
  return readRefusal(error);
}

export function readRefusal(error: ServiceError): Refusal {
  const bytes = error.metadata?.get('grpc-status-details-bin')[0];
  const { details } = Buffer.isBuffer(bytes) ? Status.decode(bytes) : { details: [] };
  const of = (type: string) =>
    details
      .filter(({ typeUrl }) => typeUrl === `type.googleapis.com/google.rpc.${type}`)
      .map(({ value }) => value);
  const infos = of('ErrorInfo').map((value) => ErrorInfo.decode(value));
  const [retry] = of('RetryInfo').map((value) => RetryInfo.decode(value));
  const violations = of('BadRequest').flatMap((value) => BadRequest.decode(value).fieldViolations);
  return {
    code: Code[error.code],
    reason: infos[0]?.reason,
    domain: infos[0]?.domain,
    infos: infos.length,
    metadata: infos[0]?.metadata ?? {},
    violations: violations.map(({ field, description }) => ({ field, description })),
    fields: violations.map(({ field }) => field),
    retryAfterMs: retry?.retryDelay && Number(retry.retryDelay.seconds) * 1000 + retry.retryDelay.nanos / 1e6,
  };
}
