import type { ProfiledShare } from '../results.js';

/** What `node --cpu-prof` writes; instants and spans in microseconds, on the clock of process.hrtime. */
export interface CpuProfile {
  nodes: { id: number; callFrame: { functionName: string; url: string }; children?: number[] }[];
  startTime: number;
  /** The node that ran at each sample, and how long after the one before. */
  samples: number[];
  timeDeltas: number[];
}

/** Of V8 itself; they stand under their caller, but are not its doing. */
const ENGINE = ['(garbage collector)', '(program)'];
const IDLE = ['(idle)', '(root)'];

/**
 * What a process was busy with between two instants, by package or by file of ours; what Node did for one of them counts
 * as its own. By the clock, not by CPU: who is put off the CPU in the middle of a write seems to write for longer.
 */
export function sharesOf(
  profile: CpuProfile,
  { from, to }: { from: number; to: number },
  top = 30,
): ProfiledShare[] {
  const owner = owners(profile);
  const spent = new Map<string, number>();
  let now = profile.startTime;
  for (const [i, sample] of profile.samples.entries()) {
    const span = profile.timeDeltas[i] ?? 0;
    now += span;
    const what = owner(sample);
    if (what !== undefined && now >= from && now <= to) spent.set(what, (spent.get(what) ?? 0) + span);
  }
  const total = [...spent.values()].reduce((sum, span) => sum + span, 0);
  return [...spent]
    .sort(([, a], [, b]) => b - a)
    .slice(0, top)
    .map(([what, span]) => ({ what, percent: Number(((100 * span) / total).toFixed(1)) }));
}

/** Whose doing a node is; undefined: nobody's, the process waited. */
function owners({ nodes }: CpuProfile): (id: number) => string | undefined {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id])));
  const found = new Map<number, string | undefined>();
  const find = (id: number): string | undefined => {
    const frame = byId.get(id)?.callFrame;
    if (frame === undefined || IDLE.includes(frame.functionName)) return undefined;
    if (ENGINE.includes(frame.functionName)) return frame.functionName;
    const parent = parents.get(id);
    return (
      nameOf(frame.url) ?? (parent === undefined ? undefined : remembered(parent)) ?? `node: ${frame.url}`
    );
  };
  const remembered = (id: number): string | undefined => {
    if (!found.has(id)) found.set(id, find(id));
    return found.get(id);
  };
  return remembered;
}

function nameOf(url: string): string | undefined {
  const [, name] = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url) ?? [];
  if (name !== undefined) return name.startsWith('pg') ? 'pg' : name;
  const [, ours] = /\/(?:apps|libs)\/([^/]+)\/dist\//.exec(url) ?? [];
  if (ours !== undefined) return `${ours}/${url.slice(url.indexOf('/dist/') + '/dist/'.length)}`;
  return url.startsWith('node:internal/http2') ? 'node:http2' : undefined;
}
