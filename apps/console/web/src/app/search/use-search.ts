import { useQuery, useQueryClient } from '@tanstack/react-query';
import { ApiError, call } from '../../api/call.js';
import { reading } from '../../api/query.js';
import type { Response } from '../../api/types.js';
import { language, nameOf } from '../../text/text.js';
import { titleOf } from '../../text/title.js';
import { soughtBy } from './search-text.js';

const SHOWN = 8;
/** Rollouts that are searched. */
const NEWEST = 200;
/** Lists that are searched here are read once a minute. */
const staleTime = 60_000;

/** One result. */
export interface Found {
  kind: 'miniProgram' | 'rollout' | 'operation' | 'version' | 'audit';
  title: string;
  detail: string;
  path: string;
}

interface Search {
  found: Found[];
  isPending: boolean;
  error: ApiError | null;
  /** The first result, also if it is yet to be found. */
  first(): Promise<Found | undefined>;
}

/** Mini-programs by a part of name, appid or label; versions, and rollouts by name or version; rollouts, operations and audits by their id. */
export function useSearch(typed: string): Search {
  const sought = soughtBy(typed);
  const client = useQueryClient();
  const isEmpty = Object.keys(sought).length === 0;
  const reads = {
    queryKey: ['search', language, sought],
    queryFn: async ({ signal }: { signal: AbortSignal }) => {
      const { id, auditId, text } = sought;
      const found = await Promise.all([
        id && unlessHidden(call('Rollouts/GetRollout', { id }, signal).then(toRollout)),
        id && unlessHidden(call('Operations/GetOperation', { id }, signal).then(toOperation)),
        auditId &&
          unlessHidden(call('Audits/ListAudits', { auditId, pageSize: SHOWN }, signal).then(toAudits)),
        text &&
          unlessHidden(
            call('Fleet/ListMiniPrograms', { search: text, pageSize: SHOWN }, signal).then(toMiniPrograms),
          ),
        text && unlessHidden(rollouts(text)),
        text && unlessHidden(versions(text)),
      ]);
      return found.flat().filter((one) => typeof one === 'object');
    },
  };
  const search = useQuery<Found[], ApiError>({
    ...reads,
    enabled: !isEmpty,
    placeholderData: (before) => before,
  });

  async function rollouts(text: string): Promise<Found[]> {
    const request = reading('Rollouts/ListRollouts', { pageSize: NEWEST });
    const all = (await client.fetchQuery({ ...request, staleTime })).rollouts.map(toRollout);
    return all.filter(({ title, detail }) => isLike(title, text) || isLike(detail, text)).slice(0, SHOWN);
  }
  async function versions(text: string): Promise<Found[]> {
    const { versions: all } = await client.fetchQuery({ ...reading('Fleet/GetFleetSummary', {}), staleTime });
    const like = all.filter(({ userVersion }) => isLike(userVersion, text));
    return like.slice(0, SHOWN).map(toVersion);
  }
  return {
    found: isEmpty ? [] : (search.data ?? []),
    isPending: search.isFetching,
    error: search.error,
    first: async () => (isEmpty ? undefined : (await client.ensureQueryData(reads))[0]),
  };
}

const isLike = (words: string, text: string) => words.toLowerCase().includes(text.toLowerCase());

function toRollout(rollout: Response<'Rollouts/GetRollout'>): Found {
  const { id, spec } = rollout;
  const detail = spec?.userVersion ?? '';
  return { kind: 'rollout', title: titleOf(rollout), detail, path: `/rollouts/${id}` };
}

function toVersion({ userVersion, count }: { userVersion: string; count: string }): Found {
  const path = `/mini-programs?version=${encodeURIComponent(userVersion)}`;
  return { kind: 'version', title: userVersion, detail: `× ${count}`, path };
}

function toOperation({ id, method, appid }: Response<'Operations/GetOperation'>): Found {
  return { kind: 'operation', title: nameOf('method', method), detail: appid, path: `/operations/${id}` };
}

function toAudits({ audits }: Response<'Audits/ListAudits'>): Found[] {
  return audits.map(({ appid, auditId, userVersion }) => ({
    kind: 'audit',
    title: auditId,
    detail: [appid, userVersion].filter(Boolean).join(' · '),
    path: `/audits/${appid}/${auditId}`,
  }));
}

function toMiniPrograms({ miniPrograms }: Response<'Fleet/ListMiniPrograms'>): Found[] {
  return miniPrograms.map(({ appid, name, labels, live }) => ({
    kind: 'miniProgram',
    title: name || appid,
    detail: [name && appid, live?.userVersion, ...labels].filter(Boolean).join(' · '),
    path: `/mini-programs/${appid}`,
  }));
}

const HIDDEN = ['NOT_FOUND', 'PERMISSION_DENIED'];

/** What is sought may be of another kind, or something that the user may not see. */
async function unlessHidden<Results>(found: Promise<Results>): Promise<Results | undefined> {
  try {
    return await found;
  } catch (error) {
    if (error instanceof ApiError && HIDDEN.includes(error.code)) return undefined;
    throw error;
  }
}
