import { infoXml, type PushFields } from '../push/push-xml.js';
import type { Pusher, PushPlan } from '../push/pusher.js';
import type { Push } from '../push/registrations.js';
import type { SimComponent } from './component.js';

/**
 * The caller of api_start_push_ticket may not listen yet if everything starts at once. These retries outlast
 * any start; then the next ticket is due anyway.
 */
const REQUESTED_ATTEMPTS = 60;

/**
 * Callbacks of the platform itself, to the URL of authorization events: tickets at an interval, and
 * authorizations.
 */
export class Tickets {
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly component: SimComponent,
    private readonly pusher: Pusher,
  ) {}

  /** Whether tickets are sent at an interval. */
  get areRunning(): boolean {
    return this.timer !== undefined;
  }

  /** Sends a ticket now, and others at the interval from now on. */
  start(): void {
    this.run();
    void this.send(this.ticket(), { attempts: REQUESTED_ATTEMPTS });
  }

  /** Sends tickets at the interval, the first one after one interval; 0: none. */
  run(): void {
    this.stop();
    const { ticketIntervalMs } = this.component.settings;
    if (ticketIntervalMs === 0) return;
    this.timer = setInterval(() => void this.send(this.ticket()), ticketIntervalMs);
  }

  private ticket(): Push {
    return this.push(this.component.appid, 'component_verify_ticket');
  }

  /** Sends any callback of the platform; a ticket gets a valid one unless `fields` has one. */
  push(appid: string, event: string, fields: PushFields = {}): Push {
    const now = Date.now();
    const needsTicket = event === 'component_verify_ticket' && fields.ComponentVerifyTicket === undefined;
    const ticket: PushFields = needsTicket ? { ComponentVerifyTicket: this.component.newTicket(now) } : {};
    const xml = infoXml(this.component.appid, event, now, { ...ticket, ...fields });
    return { appid, event, xml, to: 'authorizations' };
  }

  async send(push: Push, plan: PushPlan = {}): Promise<void> {
    await this.pusher.deliver(push, plan);
  }

  stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }
}
