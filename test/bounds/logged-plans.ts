import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { migratedDatabase } from '@wxa/bench';
import { startPostgres, temporaryFolder } from '@wxa/stack';
import type pg from 'pg';

const SETTINGS = {
  session_preload_libraries: 'auto_explain',
  'auto_explain.log_min_duration': '0',
  'auto_explain.log_analyze': 'on',
  'auto_explain.log_buffers': 'on',
  'auto_explain.log_format': 'json',
  'auto_explain.log_parameter_max_length': '0',
};

/** How a statement was run; pages are those found in memory, read and written. */
export interface LoggedPlan {
  text: string;
  pages: number;
  /** Pairs of rows that joins compared in vain. */
  compared: number;
}

/** A PostgreSQL with a migrated database that logs how each statement is run. */
export class PlanLog {
  private constructor(
    readonly url: string,
    readonly pool: pg.Pool,
    private readonly log: FileHandle,
    readonly stop: () => Promise<void>,
  ) {}

  static async start(): Promise<PlanLog> {
    const folder = await temporaryFolder('logged-plans');
    const logFile = join(folder.path, 'postgres.log');
    const postgres = await startPostgres({ logFile, durable: false });
    const { url, pool } = await migratedDatabase(postgres.url, 'plans');
    for (const [name, value] of Object.entries(SETTINGS))
      await pool.query(`alter database plans set ${name} = '${value}'`);
    const log = await open(logFile);
    return new PlanLog(url, pool, log, async () => {
      await Promise.all([log.close(), pool.end()]);
      await postgres.stop();
      await folder.release();
    });
  }

  /** How the statements of some work were run, as auto_explain logged it. */
  async plansOf(work: () => Promise<unknown>): Promise<LoggedPlan[]> {
    const { size } = await this.log.stat();
    await work();
    const { size: end } = await this.log.stat();
    const { buffer } = await this.log.read(Buffer.alloc(end - size), 0, end - size, size);
    return plansIn(buffer.toString());
  }
}

/** A plan as EXPLAIN gives it in JSON. */
interface Logged {
  'Query Text': string;
  Plan: Node;
}

interface Node extends Partial<Record<`Shared ${'Hit' | 'Read' | 'Written'} Blocks`, number>> {
  'Rows Removed by Join Filter'?: number;
  'Actual Loops'?: number;
  Plans?: Node[];
}

/** Reads what auto_explain logged: a line with the duration, then the plan on lines that begin with a tab. */
function plansIn(log: string): LoggedPlan[] {
  return [...log.matchAll(/duration: [\d.]+ ms {2}plan:\n((?:\t.*\n?)+)/g)].map(([, json]) => {
    const { Plan: root, 'Query Text': text } = JSON.parse((json ?? '').replaceAll('\n\t', '\n')) as Logged;
    const { 'Shared Hit Blocks': hit = 0, 'Shared Read Blocks': read = 0 } = root;
    return { text, pages: hit + read + (root['Shared Written Blocks'] ?? 0), compared: comparedIn(root) };
  });
}

function comparedIn(node: Node): number {
  const own = (node['Rows Removed by Join Filter'] ?? 0) * (node['Actual Loops'] ?? 1);
  return (node.Plans ?? []).reduce((sum, part) => sum + comparedIn(part), own);
}
