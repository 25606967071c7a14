import type { WechatManner } from './parameters.js';

/** What WeChat is asked, and when. */
export type OnCall = (call: {
  api: string;
  miniProgram: number;
  at: number;
  ms: number;
  busy: boolean;
}) => void;

/** Calls to one API: how many, and when the first and the last began. */
export interface ApiCalls {
  calls: number;
  firstAt: number;
  lastAt: number;
}

/** WeChat as the scenario has it. */
export class SimulatedWechat {
  readonly apis = new Map<string, ApiCalls>();
  /** Milliseconds of calls under way, all together. */
  calledMs = 0;
  calls = 0;

  constructor(
    private readonly manner: WechatManner,
    private readonly random: () => number,
    private readonly onCall: OnCall | undefined,
  ) {}

  /** How long a call takes that begins now, and whether it is answered with -1. */
  call(api: string, miniProgram: number, at: number): { ms: number; busy: boolean } {
    const { latencyMs, slowShare, slowMs, busyShare } = this.manner;
    const busy = this.random() < busyShare;
    const ms = latencyMs + (!busy && this.random() < slowShare ? slowMs : 0);
    this.#count(api, at);
    this.calledMs += ms;
    this.onCall?.({ api, miniProgram, at, ms, busy });
    return { ms, busy };
  }

  #count(api: string, at: number): void {
    this.calls += 1;
    const known = this.apis.get(api);
    if (known === undefined) {
      this.apis.set(api, { calls: 1, firstAt: at, lastAt: at });
      return;
    }
    known.calls += 1;
    known.lastAt = at;
  }
}
