import type { SimControl } from '@wxa/wechat-sim';
import type { RequestRecord } from '../history.js';
import type { Random } from '../random.js';
import { WechatAuditor } from './auditor.js';
import { MiniProgramCaller } from './caller.js';
import { FleetLoad, type FleetPlan } from './fleet.js';
import { GatewayChannel } from './gateway-channel.js';
import { MiniProgramWorkload } from './workload.js';

const MINI_PROGRAMS = 80;

/** A steady load: many mini-programs, each with a continuous workload; and a fleet that requests everything at the start. */
export class Load {
  /** The requests and their responses. */
  readonly requested: RequestRecord[] = [];
  /** The mini-programs with a continuous workload. */
  readonly appids: readonly string[] = Array.from(
    { length: MINI_PROGRAMS },
    (_, i) => `wx${(i + 1).toString(16).padStart(16, '0')}`,
  );
  readonly channels: readonly GatewayChannel[];

  constructor(
    gateways: readonly { grpc: string }[],
    private readonly fleet: FleetPlan | undefined,
  ) {
    this.channels = gateways.map(({ grpc }) => new GatewayChannel(grpc));
  }

  /** Resolves when `signal` is aborted and the last request has a response; rejects if one was rejected permanently. */
  async run(sim: SimControl, random: Random, signal: AbortSignal): Promise<void> {
    const context = { requested: this.requested, channels: this.channels };
    const workloads = this.appids.map((appid) => {
      const own = random.fork(appid);
      const caller = new MiniProgramCaller(appid, context, own.fork('caller'));
      return new MiniProgramWorkload({
        caller,
        auditor: new WechatAuditor(sim, own.fork('auditor'), signal),
        random: own,
        setsLibrary: this.fleet === undefined,
        signal,
      });
    });
    const fleet = this.fleet && new FleetLoad(this.fleet, context, random.fork('fleet'));
    await Promise.all([fleet?.run(signal), ...workloads.map((story) => story.run())]);
  }

  close(): void {
    for (const channel of this.channels) channel.close();
  }
}
