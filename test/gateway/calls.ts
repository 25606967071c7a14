import { type CallOptions, status as Code, Metadata, type ServiceError } from '@grpc/grpc-js';
import { BadRequest, ErrorInfo, RetryInfo, Status } from '@wxa/contracts';

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
  { deadlineMs = 20_000, signal, headers = {} }: CallSettings = {},
): Promise<Answer> {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
  return new Promise((resolve, reject) => {
    const started = method.call(
      client,
      request,
      metadata,
      { deadline: Date.now() + deadlineMs },
      (error, answer) => (error === null ? resolve(answer) : reject(error)),
    );
    signal?.addEventListener('abort', () => started.cancel());
  });
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
  return {
    code: Code[error.code],
    reason: infos[0]?.reason,
    domain: infos[0]?.domain,
    infos: infos.length,
    metadata: infos[0]?.metadata ?? {},
    violations: of('BadRequest')
      .flatMap((value) => BadRequest.decode(value).fieldViolations)
      .map(({ field, description }) => ({ field, description })),
    retryAfterMs: retry?.retryDelay && Number(retry.retryDelay.seconds) * 1000 + retry.retryDelay.nanos / 1e6,
  };
}
