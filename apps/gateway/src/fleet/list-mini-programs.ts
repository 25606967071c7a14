import {
  AuthorizerState,
  type FleetService,
  type ListMiniProgramsRequest,
  type ListMiniProgramsResponse,
  Party,
  ReadinessItemType,
} from '@wxa/contracts';
import type { Fleet, ItemName, ListedMiniProgram, MiniProgramFilter, Party as StoredParty } from '@wxa/fleet';
import {
  appidField,
  characters,
  field,
  isUuid,
  known,
  labelsFields,
  type RulesOf,
  searchField,
} from '@wxa/methods';
import type { Visible } from '@wxa/postgres/lists';
import { ListPage } from '../operations/list-page.js';
import { pageFields } from '../operations/page-token.js';

import { toMiniProgram } from './to-mini-program.js';

const NO_ROLLOUT = '00000000-0000-0000-0000-000000000000';

/** Without RefreshMiniProgram, whose rules are those of its method. */
export const FLEET_RULES: RulesOf<Omit<typeof FleetService, 'refreshMiniProgram'>> = {
  listMiniPrograms: [
    ...labelsFields,
    field('state', (r) => r.state, known),
    field('live_version', (r) => r.liveVersion, characters(0, 64)),
    field('not_ready', (r) => r.notReady, known),
    field('acts', (r) => r.acts, known),
    searchField,
    ...pageFields(listOf),
  ],
  getMiniProgram: [appidField],
  getFleetSummary: labelsFields,
};

/** Returns one page of mini-programs, ordered by appid. */
export async function listMiniPrograms(
  fleet: Fleet,
  request: ListMiniProgramsRequest,
  signal: AbortSignal,
  visible?: Visible,
): Promise<ListMiniProgramsResponse> {
  const page = new ListPage(request, listOf(request));
  const filter = { ...filterOf(request), ...page.after('afterAppid'), ...(visible && { visible }) };
  const rows = await fleet.list({ ...filter, limit: page.limit }, signal);
  const { messages, nextPageToken } = page.of(rows, ({ appid }) => appid, toMiniProgram, {
    bytesOf: (message) => JSON.stringify(message.readiness).length,
  });
  return { miniPrograms: messages, nextPageToken };
}

function filterOf(request: ListMiniProgramsRequest): Omit<MiniProgramFilter, 'limit'> {
  const { labels, state, liveTemplateId, liveVersion, notReady, acts, rolloutId } = request;
  const { notLive, drifted, search } = request;
  return {
    ...{ notLive, drifted },
    ...(search !== '' && { search }),
    ...(labels.length > 0 && { labels }),
    ...(state !== AuthorizerState.AUTHORIZER_STATE_UNSPECIFIED && {
      state: state.replace('AUTHORIZER_STATE_', '') as ListedMiniProgram['state'],
    }),
    ...(liveTemplateId !== undefined && { liveTemplate: liveTemplateId }),
    ...(liveVersion !== '' && { liveVersion }),
    ...(notReady !== ReadinessItemType.READINESS_ITEM_TYPE_UNSPECIFIED && {
      notReady: notReady.replace('READINESS_ITEM_TYPE_', '') as ItemName,
    }),
    ...(acts !== Party.PARTY_UNSPECIFIED && { acts: acts.replace('PARTY_', '') as StoredParty }),
    // An id that is not a UUID is unknown.
    ...(rolloutId !== '' && { rolloutId: isUuid(rolloutId) ? rolloutId : NO_ROLLOUT }),
  };
}

function listOf({ pageSize: _, pageToken: __, ...filters }: ListMiniProgramsRequest): string[] {
  return ['mini-programs', ...Object.entries(filters).map(([name, value]) => `${name}=${value}`)];
}
