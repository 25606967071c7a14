import {
  type UseQueryOptions,
  type UseQueryResult,
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query';
import { App, type FormInstance } from 'antd';
import { type ApiError, call } from './call.js';
import { errorText } from './error-text.js';
import { fieldData } from './field-path.js';
import type { MethodName, Request, Response } from './types.js';

type Options<M extends MethodName> = Pick<
  UseQueryOptions<Response<M>, ApiError>,
  'enabled' | 'refetchInterval' | 'placeholderData' | 'staleTime'
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

/** All pages of a list that were loaded so far, read again in a visible window. @param items the rows of one response. */
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

export interface CommandOptions<M extends MethodName> {
  /** The reads that show something else afterwards. */
  invalidates?: readonly MethodName[];
  /** Said after success. */
  success?: string;
  /** Shows what is wrong with its fields. */
  form?: FormInstance | undefined;
  onSuccess?(response: Response<M>): void;
}

/** An RPC that changes something: `mutate(request)`. Says whether it succeeded; errors of fields go to the form. */
export function useCommand<M extends MethodName>(method: M, options: CommandOptions<M> = {}) {
  const client = useQueryClient();
  const { message } = App.useApp();
  return useMutation<Response<M>, ApiError, Request<M>>({
    mutationFn: (request) => call(method, request),
    onSuccess: async (response) => {
      if (options.success !== undefined) void message.success(options.success);
      options.onSuccess?.(response);
      await Promise.all(
        (options.invalidates ?? []).map((one) => client.invalidateQueries({ queryKey: [one] })),
      );
    },
    onError: useFailure(options.form),
  });
}

/** Says why a call was refused: at the fields of a form, as far as it shows them, else in a message. */
export function useFailure(form?: FormInstance): (error: ApiError) => void {
  const { message } = App.useApp();
  return (error) => {
    const fields = form === undefined ? [] : fieldData(error.violations);
    const shown = new Set(form?.getFieldsError().map(({ name }) => name.join('.')));
    const known = fields.filter(({ name }) => shown.has(name.join('.')));
    form?.setFields(known);
    if (known.length === 0 || known.length < fields.length) void message.error(errorText(error));
  };
}
