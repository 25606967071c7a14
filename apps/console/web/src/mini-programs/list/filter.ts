import type { Request } from '../../api/types.js';

type ListRequest = Request<'Fleet/ListMiniPrograms'>;

/** The filter of the list, as in the page's address. `state`: that of the authorization, or one of ALSO. */
export type Filter = Partial<Record<(typeof WORDS)[number], string>> & { labels: string[] };

const WORDS = ['search', 'version', 'template', 'state', 'item', 'acts'] as const;
/** States that are not of the authorization. */
const ALSO: Record<string, ListRequest> = { notLive: { notLive: true }, drifted: { drifted: true } };

/** Without what is empty. */
export function filterOf(parameters: URLSearchParams): Filter {
  const given = WORDS.map((name) => [name, parameters.get(name)?.trim()]).filter(([, value]) => value);
  return { ...Object.fromEntries(given), labels: parameters.getAll('label') };
}

const LISTED = 200;

export function requestOf({ labels, search, version, template, state, item, acts }: Filter): ListRequest {
  return {
    labels,
    pageSize: LISTED,
    ...(search && { search }),
    ...(version && { liveVersion: version }),
    ...(template && { liveTemplateId: template }),
    ...(item && { notReady: `READINESS_ITEM_TYPE_${item}` as ListRequest['notReady'] }),
    ...(acts && { acts: `PARTY_${acts}` as ListRequest['acts'] }),
    ...(state && (ALSO[state] ?? { state: `AUTHORIZER_STATE_${state}` as ListRequest['state'] })),
  };
}

/** Whether the number of mini-programs that match is known without listing them. */
export function isCounted({ labels: _, ...words }: Filter): boolean {
  return Object.values(words).every((word) => !word);
}
