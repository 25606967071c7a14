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
import { useErrorText } from './error-text.js';
import { fieldData } from './field-path.js';
import type { MethodName, Request, Response } from './types.js';

type Options<M extends MethodName> = Pick<
  UseQueryOptions<Response<M>, ApiError>,
  'enabled' | 'refetchInterval' | 'placeholderData' | 'staleTime'
>;

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

/** All pages of a list that were loaded so far. @param items the rows of one response. */
export function usePages<M extends MethodName, Row>(
  method: M,
  request: Request<M> & object,
  items: (response: Response<M>) => Row[],
  { refetchMs }: { refetchMs?: number } = {},
) {
  const query = useInfiniteQuery({
    queryKey: [method, request, 'pages'],
    queryFn: ({ signal, pageParam }) =>
      call(method, { ...request, pageToken: pageParam } as Request<M>, signal),
    initialPageParam: '',
    getNextPageParam: (last) => (last as { nextPageToken?: string }).nextPageToken || undefined,
    refetchInterval: refetchMs ?? false,
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

/**
 * An RPC that changes something: `mutate(request)`, or several requests, one after the other, up to the first failure. Says whether it succeeded;
 * errors of fields go to the form.
 */
export function useCommand<M extends MethodName>(method: M, options: CommandOptions<M> = {}) {
  const client = useQueryClient();
  const { message } = App.useApp();
  const errorText = useErrorText();
  return useMutation<Response<M>, ApiError, Request<M> | Request<M>[]>({
    mutationFn: async (requests) => {
      let response: Response<M> | undefined;
      for (const request of Array.isArray(requests) ? requests : [requests])
        response = await call(method, request);
      return response as Response<M>;
    },
    onSuccess: (response) => {
      if (options.success !== undefined) void message.success(options.success);
      options.onSuccess?.(response);
    },
    onSettled: async (_, error, requests) => {
      // Of several requests some may have been done.
      if (error !== null && !Array.isArray(requests)) return;
      const stale = (options.invalidates ?? []).map((one) => client.invalidateQueries({ queryKey: [one] }));
      await Promise.all(stale);
    },
    onError: (error) => {
      const { form } = options;
      const fields = form === undefined ? [] : fieldData(error.violations);
      const shown = new Set(form?.getFieldsError().map(({ name }) => name.join('.')));
      const known = fields.filter(({ name }) => shown.has(name.join('.')));
      form?.setFields(known);
      if (known.length === 0 || known.length < fields.length) void message.error(errorText(error));
    },
  });
}
