import {
  type UseQueryOptions,
  type UseQueryResult,
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query';
import { App, type FormInstance } from 'antd';
import { useRef } from 'react';
import { type ApiError, call, wasAccepted } from './call.js';
import { errorText } from './error-text.js';
import { errorsAt } from './field-path.js';
import type { MethodName, Request, Response } from './types.js';

type Options<M extends MethodName> = Pick<
  UseQueryOptions<Response<M>, ApiError>,
  | 'enabled'
  | 'refetchInterval'
  | 'placeholderData'
  | 'staleTime'
  | 'gcTime'
  | 'refetchOnWindowFocus'
  | 'refetchOnReconnect'
>;

/** What others change shows in a list after this time. */
const LIST_MS = 10_000;

/** How a query reads an RPC. */
export function reading<M extends MethodName>(method: M, request: Request<M>) {
  return {
    queryKey: [method, request] as const,
    queryFn: ({ signal }: { signal?: AbortSignal }) => call(method, request, signal),
  };
}

/** The response of an RPC that reads. */
export function useCall<M extends MethodName>(
  method: M,
  request: Request<M>,
  options: Options<M> = {},
): UseQueryResult<Response<M>, ApiError> {
  return useQuery<Response<M>, ApiError>({ ...reading(method, request), ...options });
}

/**
 * All pages of a list that were loaded so far, read again in a visible window. @param items the rows of one response.
 * @param options `refetchMs`: how often; 0: not by themselves.
 */
export function usePages<M extends MethodName, Row>(
  method: M,
  request: Request<M> & object,
  items: (response: Response<M>) => Row[],
  { refetchMs = LIST_MS }: { refetchMs?: number } = {},
) {
  const query = useInfiniteQuery({
    queryKey: [method, request, 'pages'],
    queryFn: ({ signal, pageParam }) =>
      call(method, { ...request, pageToken: pageParam } as Request<M>, signal),
    initialPageParam: '',
    getNextPageParam: (last) => (last as { nextPageToken?: string }).nextPageToken || undefined,
    refetchInterval: refetchMs,
  });
  return { ...query, error: query.error as ApiError | null, rows: query.data?.pages.flatMap(items) ?? [] };
}

/** Reads of these services ask WeChat, which costs calls and time: a change of something else does not repeat them. */
const OF_WECHAT = /^(CodeManagement|Templates|PlatformDomains)\//;

/** Reads again what the page shows, after a change. @param only by default all that the service itself knows. */
export function useRenewal(only?: readonly MethodName[]): () => Promise<void> {
  const client = useQueryClient();
  const isStale = (read: string) => only?.some((method) => method === read) ?? !OF_WECHAT.test(read);
  return () => client.invalidateQueries({ predicate: ({ queryKey: [read] }) => isStale(`${read}`) });
}

/** An idempotency key. Unlike `crypto.randomUUID` it needs no secure context. */
function newRequestId(): string {
  const bytes = [...crypto.getRandomValues(new Uint8Array(16))];
  return `console-${bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}

/**
 * The idempotency key of a change: it stays the same until the change was made or failed, so that the same click again acts once. A
 * refusal may come before the gateway looks at the key, and says nothing about an earlier click whose answer was lost.
 */
export function useRequestId() {
  const kept = useRef<{ of: string | undefined; id: string }>(undefined);
  return {
    /** @param values another change has another key. */
    idFor(values: unknown): string {
      const of = JSON.stringify(values);
      if (kept.current?.of !== of) kept.current = undefined;
      kept.current ??= { of, id: newRequestId() };
      return kept.current.id;
    },
    /** @param error undefined: it was made. */
    settled(error?: ApiError | null): void {
      if (!error || error.code === 'NOT_DONE') kept.current = undefined;
    },
  };
}

/** Long enough for a sentence and what to do. */
const READ_S = 8;

export interface ActionOptions<Result> {
  /** The reads that show something else afterwards; by default all that the service itself knows. */
  invalidates?: readonly MethodName[];
  /** Said after success. */
  success?: string;
  /** Shows what is wrong with its fields. */
  form?: FormInstance;
  onSuccess?(result: Result): void;
}

/** Makes a change: `mutate(values)`. Says whether it succeeded; errors of fields go to the form. */
export function useAction<Values = void, Result = unknown>(
  act: (values: Values, requestId: string) => Promise<Result>,
  { invalidates, success, form, onSuccess }: ActionOptions<Result> = {},
) {
  const { message } = App.useApp();
  const renew = useRenewal(invalidates);
  const { idFor, settled } = useRequestId();
  return useMutation<Result, ApiError, Values>({
    mutationFn: (values) => act(values, idFor(values)),
    onSuccess: async (result) => {
      if (success !== undefined) void message.success(success);
      onSuccess?.(result);
      await renew();
    },
    onError: (error) => {
      if (form === undefined || !showAtFields(form, error)) void message.error(errorText(error), READ_S);
      if (wasAccepted(error)) void renew();
    },
    onSettled: (_, error) => settled(error),
  });
}

/** Says at the fields of a form what is wrong with them. @returns whether that is all that is wrong. */
export function showAtFields(form: FormInstance, { violations }: ApiError): boolean {
  const mounted = form.getFieldsError().map(({ name }) => name);
  const { fields, areAll } = errorsAt(violations, mounted);
  form.setFields(fields);
  return areAll;
}
