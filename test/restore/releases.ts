import { randomUUID } from 'node:crypto';
import { type Method, type Operation, type RequestOf, VisitStatus } from '@wxa/contracts';
import { eventually } from '../eventually.js';
import { AUDIT_ITEM } from '../release/audit-item.js';
import { type World } from '../world.js';

/** A change that was accepted, and its request. */
export interface Asked {
  method: Method;
  request: Partial<RequestOf<Method>> & { appid: string; requestId: string };
  id: string;
}

/** Accepts changes and remembers their requests. */
export class Releases {
  readonly asked: Asked[] = [];

  constructor(private readonly world: World) {}

  /** Accepts a change of a mini-program under a new request_id. */
  async ask<M extends Method>(
    appid: string,
    method: M,
    request: Partial<RequestOf<M>> = {},
  ): Promise<Operation> {
    const full = { ...request, appid, requestId: randomUUID() };
    const operation = await this.world.change(method, full as Partial<RequestOf<M>>);
    this.asked.push({ method, request: full, id: operation.id });
    return operation;
  }

  async run<M extends Method>(
    appid: string,
    method: M,
    request: Partial<RequestOf<M>> = {},
  ): Promise<Operation> {
    return this.world.wait((await this.ask(appid, method, request)).id);
  }

  /** Releases versions of a mini-program, three operations for each. */
  async release(appid: string, versions: string[]): Promise<void> {
    for (const userVersion of versions) {
      await this.run(appid, 'Commit', { templateId: 1n, userVersion });
      await this.run(appid, 'SubmitAudit', { items: [AUDIT_ITEM] });
      await this.world.sim.decide(appid, { decision: 'approve', push: { none: true } });
      await this.world.call('GetLatestAuditStatus', { appid }, 60_000);
      await this.run(appid, 'Release');
    }
  }

  /** Releases versions of a mini-program and reverts the last one: with two versions, ten operations. */
  async releaseAndRevert(appid: string, versions = ['1.0', '2.0']): Promise<void> {
    await this.release(appid, versions);
    await this.run(appid, 'ChangeVisitStatus', { status: VisitStatus.VISIT_STATUS_OPEN });
    await this.run(appid, 'RevertRelease');
  }

  /** Accepts a RevertRelease that WeChat executes, and does not answer. Resolves when WeChat has it. */
  async revertUnanswered(appid: string): Promise<void> {
    const isHeld = await this.holdAnswer(appid, 'wxa/revertcoderelease');
    await this.ask(appid, 'RevertRelease');
    await isHeld();
  }

  /** Lets WeChat execute the next call and not answer it. Returns how to wait until it has. */
  async holdAnswer(appid: string, api: string): Promise<() => Promise<unknown>> {
    const { id } = await this.world.sim.addFault({ api, appid, kind: 'hang', when: 'after' });
    return () => eventually(async () => (await this.world.sim.fault(id)).held === 1);
  }

  /** How often each change was accepted and how often WeChat executed it, by mini-program of these changes and effect. */
  async counts(): Promise<{ accepted: Effects; executed: Effects }> {
    const accepted: Effects = {};
    for (const { method, request } of this.asked) {
      accepted[request.appid] ??= {};
      const effects = accepted[request.appid] ?? {};
      const effect = EFFECTS[method] ?? '';
      effects[effect] = (effects[effect] ?? 0) + 1;
    }
    const { apps } = await this.world.sim.summary();
    const executed = Object.entries(apps).flatMap(([appid, { effects }]) =>
      appid in accepted ? [[appid, effects]] : [],
    );
    return { accepted, executed: Object.fromEntries(executed) };
  }
}

type Effects = Record<string, Record<string, number>>;

/** The first word of each effect in the simulator's ledger. */
const EFFECTS: Partial<Record<Method, string>> = {
  Commit: 'commit',
  SubmitAudit: 'submit_audit',
  Release: 'release',
  ChangeVisitStatus: 'visit',
  RevertRelease: 'revert',
};
