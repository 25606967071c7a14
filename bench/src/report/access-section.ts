import { median } from '../load/numbers.js';
import type { AccessPart, AccessTurn } from '../results.js';
import { integer, medianCell, turnsTable } from './table.js';

export function accessSection({ turns, commits, concurrentCalls }: AccessPart): string[] {
  const of = (what: AccessTurn['what']) => turns.filter((turn) => turn.what === what);
  const ratio = (base: AccessTurn['what']) => (own: AccessTurn[]) => {
    const baseUs = new Map(of(base).map(({ round, cpuUs }) => [round, cpuUs]));
    return median(own.map(({ round, cpuUs }) => cpuUs / (baseUs.get(round) ?? Number.NaN))).toFixed(3);
  };
  const rows = [...new Set(turns.map(({ what }) => what))]
    .toSorted()
    .map((what) => ({ title: what, turns: of(what) }));
  return [
    '## Access',
    `CPU time of a gateway per accepted Commit over TLS, by the credential of the client, in interleaved turns of ${integer(commits)} Commits with
${integer(concurrentCalls)} in flight and no worker running. A ratio is the median of those within one round. The second process without a policy
shows how far two equal processes differ.`,
    turnsTable<AccessTurn>('credential', rows, [
      ['CPU per accept, µs', medianCell(({ cpuUs }) => cpuUs)],
      ['÷ no policy', ratio('no policy')],
      ['÷ JWT', ratio('JWT')],
      ['accepts per second', medianCell(({ perSecond }) => perSecond, integer)],
    ]),
  ];
}
