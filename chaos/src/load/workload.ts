import { setTimeout as delay } from 'node:timers/promises';
import { type Operation, OperationState, VisitStatus } from '@wxa/contracts';
import type { Random } from '../random.js';
import type { WechatAuditor } from './auditor.js';
import type { MiniProgramCaller } from './caller.js';
import { AUDIT_ITEM } from './requests.js';

/** How long to wait for a change that does not end; the checker reports it. */
const LONGEST_WAIT_MS = 120_000;
/**
 * WeChat's audit decisions have a time in whole seconds and no id, so a decision and the next submission must
 * not be in the same second (docs/decisions/pushes.md).
 */
const SUBMIT_INTERVAL_MS = 1500;
const ENDED = [OperationState.OPERATION_STATE_SUCCEEDED, OperationState.OPERATION_STATE_FAILED];

const { VISIT_STATUS_OPEN: OPEN, VISIT_STATUS_CLOSED: CLOSED } = VisitStatus;

export interface WorkloadTools {
  caller: MiniProgramCaller;
  auditor: WechatAuditor;
  random: Random;
  /** Whether SetSupportVersion is part of it. */
  setsLibrary: boolean;
  /** Aborted when the load must end. */
  signal: AbortSignal;
}

/**
 * The continuous workload of one mini-program: release after release in WeChat's order, with everything that
 * can happen in between.
 */
export class MiniProgramWorkload {
  #version = 0;
  #released = 0;

  constructor(private readonly tools: WorkloadTools) {}

  async run(): Promise<void> {
    const { signal } = this.tools;
    await this.#pause(0, 2000);
    while (!signal.aborted) {
      const approved = await this.#audit();
      if (approved && !signal.aborted) await this.#publish();
      if (this.#released > 1 && !signal.aborted) await this.#changeAfterRelease();
      await this.#query();
    }
  }

  /** Commits and submits, and waits for the decision; true if it was approved. */
  async #audit(): Promise<boolean> {
    const { random, caller, auditor } = this.tools;
    await this.#commit();
    if (random.chance(0.2)) await this.#commit();
    const submit = await caller.change('SubmitAudit', {
      items: [AUDIT_ITEM],
      versionDesc: caller.nextRequestId,
    });
    if (random.chance(0.15)) return this.#withdraw(submit);
    // The decision may come before the submission is answered.
    if (random.chance(0.5)) await this.#ended(submit);
    await this.#pause(0, 1500);
    if (random.chance(0.1)) await auditor.decide(caller.appid, 'delay');
    const decision = random.chance(0.85) ? 'approve' : 'reject';
    const decided = await auditor.decide(caller.appid, decision);
    await this.#ended(submit);
    const isDecided = decided || (await auditor.decide(caller.appid, decision));
    return isDecided && decision === 'approve';
  }

  async #withdraw(submit: string): Promise<boolean> {
    const { caller } = this.tools;
    const undo = await caller.change('UndoAudit', {});
    await this.#ended(submit);
    await this.#ended(undo);
    return false;
  }

  /** A gray or a full release; several changes are requested in a row, because their order matters. */
  async #publish(): Promise<void> {
    const { random, caller, setsLibrary } = this.tools;
    if (this.#released > 0 && random.chance(0.6)) await this.#releaseGradually();
    const expectedUserVersion = random.chance(0.3) ? this.#userVersion : '';
    const release = await caller.change('Release', { expectedUserVersion });
    this.#released += 1;
    if (random.chance(0.5) && setsLibrary)
      await caller.change('SetSupportVersion', { version: this.#libraryVersion() });
    await this.#ended(release);
    await this.#pause(0, 1000);
  }

  async #releaseGradually(): Promise<void> {
    const { random, caller } = this.tools;
    const first = random.int(1, 40);
    await caller.change('GrayRelease', { percentage: first });
    const second = await caller.change('GrayRelease', { percentage: random.int(41, 100) });
    if (random.chance(0.5)) await this.#ended(second);
    if (random.chance(0.5)) await caller.query('GetGrayReleasePlan', {});
    if (random.chance(0.4)) await caller.change('RevertGrayRelease', {});
  }

  async #changeAfterRelease(): Promise<void> {
    const { random, caller } = this.tools;
    if (random.chance(0.5)) {
      await caller.change('ChangeVisitStatus', { status: CLOSED });
      const opened = await caller.change('ChangeVisitStatus', { status: OPEN });
      if (random.chance(0.5)) await this.#ended(opened);
    }
    if (random.chance(0.25)) await this.#ended(await caller.change('RevertRelease', {}));
    await this.#pause(0, 1500);
  }

  async #query(): Promise<void> {
    const { random, caller } = this.tools;
    const queries = ['ListPages', 'ListCategories', 'GetLatestAuditStatus', 'GetSupportVersion'] as const;
    await caller.query(random.pick(queries), {});
    if (random.chance(0.1)) await caller.query('GetTrialQrCode', { path: 'index' });
    await this.#pause(SUBMIT_INTERVAL_MS, SUBMIT_INTERVAL_MS + 1000);
  }

  #commit(): Promise<string> {
    const { caller } = this.tools;
    this.#version += 1;
    const userVersion = this.#userVersion;
    return caller.change('Commit', { templateId: 1n, userVersion, userDesc: caller.nextRequestId });
  }

  get #userVersion(): string {
    return `1.${this.#version}`;
  }

  /** A different version each time. */
  #libraryVersion(): string {
    return `2.${Math.floor(this.#version / 1000)}.${this.#version % 1000}`;
  }

  async #ended(id: string): Promise<void> {
    const { caller, signal } = this.tools;
    const deadline = Date.now() + LONGEST_WAIT_MS;
    while (!signal.aborted && Date.now() < deadline) {
      const operation = await caller.wait(id);
      if (operation && hasEnded(operation)) return;
      // In doubt, or no response.
      await delay(200);
    }
  }

  #pause(least: number, most: number): Promise<void> {
    const { random, signal } = this.tools;
    return delay(random.int(least, most), undefined, { signal }).catch(() => undefined);
  }
}

function hasEnded({ state }: Operation): boolean {
  return ENDED.some((one) => one === state);
}
