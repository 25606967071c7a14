import { type QueryClient, useQuery, useQueryClient } from '@tanstack/react-query';
import { ApiError, call } from '../../api/call.js';
import { reading } from '../../api/query.js';
import type { Response } from '../../api/types.js';
import { useName } from '../../text/text.js';
import { type Titled, useTitle } from '../../text/use-title.js';
import { soughtBy } from './search-text.js';

const SHOWN = 8;
/** Rollouts that are searched. */
const NEWEST = 200;

type Rollout = Response<'Rollouts/ListRollouts'>['rollouts'][number];

/** One result. */
export interface Found {
  kind: 'miniProgram' | 'rollout' | 'operation' | 'version' | 'audit';
  title: string;
  detail: string;
  path: string;
  /** Whose title is in the viewer's language. */
  rollout?: Titled;
}

/** Mini-programs by a part of name, appid or label; versions, and rollouts by name or version; rollouts, operations and audits by their id. */
export function useSearch(typed: string): { found: Found[]; isPending: boolean; error: ApiError | null } {
  const sought = soughtBy(typed);
  const name = useName();
  const titleOf = useTitle();
  const client = useQueryClient();
  const isEmpty = Object.keys(sought).length === 0;
  const search = useQuery<Found[], ApiError>({
    queryKey: ['search', sought],
    enabled: !isEmpty,
    placeholderData: (before) => before,
    queryFn: async ({ signal }) => {
      const { id = '', auditId = '', text = '' } = sought;
      const found = await Promise.all([
        id === '' ? [] : unlessMissing(rolloutOf(id, signal)),
        id === '' ? [] : unlessMissing(operationOf(id, signal)),
        auditId === '' ? [] : auditsWith(auditId, signal),
        text === '' ? [] : miniProgramsWith(text, signal),
        text === '' ? [] : rolloutsAndVersions(text, client),
      ]);
      return found.flat();
    },
  });
  const found = (search.data ?? []).map((one) => {
    if (one.rollout) return { ...one, title: titleOf(one.rollout) };
    return one.kind === 'operation' ? { ...one, title: name('method', one.title) } : one;
  });
  return { found: isEmpty ? [] : found, isPending: search.isFetching, error: search.error };
}

/** Both lists are read once a minute, and searched here. */
async function rolloutsAndVersions(text: string, client: QueryClient): Promise<Found[]> {
  const staleTime = 60_000;
  const [{ rollouts }, { versions }] = await Promise.all([
    client.fetchQuery({ ...reading('Rollouts/ListRollouts', { pageSize: NEWEST }), staleTime }),
    client.fetchQuery({ ...reading('Fleet/GetFleetSummary', {}), staleTime }),
  ]);
  const isLike = (...texts: (string | undefined)[]) =>
    texts.some((one) => one?.toLowerCase().includes(text.toLowerCase()));
  return [
    ...rollouts.filter(({ spec }) => isLike(spec?.name, spec?.userVersion)).map(toRollout),
    ...versions.filter(({ userVersion }) => isLike(userVersion)).map(toVersion),
  ].slice(0, SHOWN);
}

async function rolloutOf(id: string, signal: AbortSignal): Promise<Found[]> {
  return [toRollout(await call('Rollouts/GetRollout', { id }, signal))];
}

function toRollout(rollout: Pick<Rollout, 'id' | 'spec' | 'rollbackOf'>): Found {
  const { id, spec } = rollout;
  return { kind: 'rollout', title: id, detail: spec?.userVersion ?? '', path: `/rollouts/${id}`, rollout };
}

function toVersion({ userVersion, count }: { userVersion: string; count: string }): Found {
  const path = `/mini-programs?version=${encodeURIComponent(userVersion)}`;
  return { kind: 'version', title: userVersion, detail: `× ${count}`, path };
}

async function operationOf(id: string, signal: AbortSignal): Promise<Found[]> {
  const { method, appid } = await call('Operations/GetOperation', { id }, signal);
  return [{ kind: 'operation', title: method, detail: appid, path: `/operations/${id}` }];
}

async function auditsWith(auditId: string, signal: AbortSignal): Promise<Found[]> {
  const { audits } = await call('Audits/ListAudits', { auditId, pageSize: SHOWN }, signal);
  return audits.map(({ appid, userVersion }) => ({
    kind: 'audit',
    title: auditId,
    detail: [appid, userVersion].filter(Boolean).join(' · '),
    path: `/audits/${appid}/${auditId}`,
  }));
}

async function miniProgramsWith(search: string, signal: AbortSignal): Promise<Found[]> {
  const { miniPrograms } = await call('Fleet/ListMiniPrograms', { search, pageSize: SHOWN }, signal);
  return miniPrograms.map(({ appid, name, labels, live }) => ({
    kind: 'miniProgram',
    title: name || appid,
    detail: [name && appid, live?.userVersion, ...labels].filter(Boolean).join(' · '),
    path: `/mini-programs/${appid}`,
  }));
}

/** What is sought may be of another kind, or of a mini-program that the user does not see. */
async function unlessMissing(found: Promise<Found[]>): Promise<Found[]> {
  try {
    return await found;
  } catch (error) {
    if (error instanceof ApiError && error.code === 'NOT_FOUND') return [];
    throw error;
  }
}
