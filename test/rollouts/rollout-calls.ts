import { Metadata } from '@grpc/grpc-js';
import type { DeepPartial, RolloutsService, WatchRolloutResponse } from '@wxa/contracts';
import * as contracts from '@wxa/contracts';
import { type CallSettings, call, readRefusal } from '../gateway/calls.js';
import type { RunningGateway } from '../gateway/running-gateway.js';
import type { TestDatabase } from '../gateway/test-database.js';

let lists = 0;

/** Appids that no other rollout of the file has. */
export const newAppids = (count: number): string[] => {
  const start = 2 ** 32 * ++lists;
  return Array.from({ length: count }, (_, i) => `wx${(start + i).toString(16).padStart(16, '0')}`);
};

/** A valid specification, in proto3 JSON like all requests here. */
export const SPEC = {
  name: 'October',
  templateId: '7',
  userVersion: '2.0.0',
  audit: { fixed: { items: [{ firstClass: 'a', firstId: 1, secondClass: 'b', secondId: 2 }] } },
};

export const listed = (appids: string[]) => ({ appids: { appids } });

/** The unary RPCs of the service Rollouts. */
export type Rpc = Exclude<keyof RolloutsService, 'watchRollout'>;
export type RequestOf<R extends Rpc> = ReturnType<RolloutsService[R]['requestDeserialize']>;
export type AnswerOf<R extends Rpc> = ReturnType<RolloutsService[R]['responseDeserialize']>;

/** Makes the requests of an RPC. */
export function codecOf<R extends Rpc>(rpc: R) {
  const type = `${rpc[0]?.toUpperCase()}${rpc.slice(1)}Request` as keyof typeof contracts;
  // biome-ignore lint/performance/noDynamicNamespaceImportAccess: tests are not bundled.
  return contracts[type] as unknown as {
    fromJSON(json: object): RequestOf<R>;
    fromPartial(partial: DeepPartial<RequestOf<R>>): RequestOf<R>;
  };
}

/** Calls of a gateway about rollouts, with requests in proto3 JSON, and SQL for the states that only turns reach. */
export function rolloutCalls(gateway: RunningGateway, database: TestDatabase) {
  const rpc = <R extends Rpc>(name: R, json: object, settings: CallSettings = {}): Promise<AnswerOf<R>> => {
    const { rollouts } = gateway;
    const method = rollouts[name] as unknown as Parameters<typeof call<unknown, object, AnswerOf<R>>>[1];
    return call(rollouts, method, codecOf(name).fromJSON(json), settings);
  };
  const create = (json: object = {}, settings: CallSettings = {}) =>
    rpc('createRollout', { spec: SPEC, ...json }, settings);
  const set = (id: string, values: string, ...more: unknown[]) =>
    database.rows(`update rollouts set ${values} where id = $1`, [id, ...more]);
  /** `where`: which targets. The values of `more` are $2 and so on. */
  const setTargets = (id: string, values: string, where = 'true', ...more: unknown[]) =>
    database.rows(`update rollout_targets set ${values} where rollout_id = $1 and ${where}`, [id, ...more]);
  /** A rollout of this many mini-programs, in a state that SQL sets. */
  const inState = async (state: string, targets = 3, spec: object = {}) => {
    const selection = listed(newAppids(targets));
    const rollout = await create({ spec: { ...SPEC, ...spec }, selection, start: state !== 'DRAFT' });
    await set(rollout.id, 'state = $2', state);
    return rollout;
  };
  const stored = async (id: string) =>
    (await database.rows('select * from rollouts where id = $1', [id]))[0] ?? {};
  const journal = async (id: string) =>
    database.rows('select * from rollout_changes where rollout_id = $1 order by seq', [id]);
  const targetsOf = async (id: string, filter: object = {}) =>
    (await rpc('listRolloutTargets', { id, filter, withRequests: true, pageSize: 500 })).targets;
  /** A stream of a rollout; `ended` resolves to the reason of its error. */
  const watch = (id: string, { headers = {} }: CallSettings = {}) => {
    const metadata = new Metadata();
    for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
    const seen: WatchRolloutResponse[] = [];
    const stream = gateway.rollouts.watchRollout({ id }, metadata);
    stream.on('data', (message: WatchRolloutResponse) => seen.push(message));
    const ended = new Promise<string | undefined>((resolve) => {
      stream.on('end', () => resolve(undefined));
      stream.on('error', (error) => resolve(readRefusal(error as Parameters<typeof readRefusal>[0]).reason));
    });
    return { seen, ended, stop: () => stream.cancel(), last: () => seen.at(-1)?.rollout?.state };
  };
  return { rpc, create, set, setTargets, inState, stored, journal, targetsOf, watch };
}
