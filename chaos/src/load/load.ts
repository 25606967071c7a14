import type { SimControl } from '@wxa/wechat-sim';
import type { Asked } from '../history.js';
import type { Random } from '../random.js';
import { Auditor } from './auditor.js';
import { Caller } from './caller.js';
import { Fleet, type FleetPlan } from './fleet.js';
import { GatewayChannel } from './gateway-channel.js';
import { Story } from './story.js';

const MINI_PROGRAMS = 80;

/** Steady load: many mini-programs, each with its own endless story; and a fleet that asks for all at the beginning. */
export class Load {
  /** What was asked for and answered. */
  readonly asked: Asked[] = [];
  /** The mini-programs with a story. */
  readonly appids: readonly string[] = Array.from(
    { length: MINI_PROGRAMS },
    (_, i) => `wx${(i + 1).toString(16).padStart(16, '0')}`,
  );
  readonly #channels: GatewayChannel[];

  constructor(
    gateways: readonly { grpc: string }[],
    private readonly fleet: FleetPlan | undefined,
  ) {
    this.#channels = gateways.map(({ grpc }) => new GatewayChannel(grpc));
  }

  /** Resolves when `signal` is aborted and the last wish was answered; rejects where one was refused for good. */
  async run(sim: SimControl, random: Random, signal: AbortSignal): Promise<void> {
    const wishes = { asked: this.asked, channels: this.#channels };
    const stories = this.appids.map((appid) => {
      const own = random.fork(appid);
      const caller = new Caller(appid, wishes, own.fork('caller'));
      return new Story({
        caller,
        auditor: new Auditor(sim, own.fork('auditor'), signal),
        random: own,
        setsLibrary: this.fleet === undefined,
        signal,
      });
    });
    const fleet = this.fleet && new Fleet(this.fleet, wishes, random.fork('fleet'));
    await Promise.all([fleet?.run(signal), ...stories.map((story) => story.run())]);
  }

  close(): void {
    for (const channel of this.#channels) channel.close();
  }
}
