import { infoXml, type PushFields } from '../push/push-xml.js';
import type { Push, Pusher, PushPlan } from '../push/pusher.js';
import type { Component } from './component.js';

/** Who asks may not listen yet, as where everything starts at once: longer than any start, then the clock's is due. */
const ASKED_TRIES = 60;

/** Pushes of the platform itself, to the URL of authorization events: tickets by the clock, and what was authorized. */
export class Tickets {
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly component: Component,
    private readonly pusher: Pusher,
  ) {}

  /** Whether tickets come on their own. */
  get areRunning(): boolean {
    return this.timer !== undefined;
  }

  /** Pushes one now, and by the clock from now on. */
  start(): void {
    this.run();
    void this.tell(this.ticket(), { tries: ASKED_TRIES });
  }

  /** By the clock, the first one after one interval; 0: none comes on its own. */
  run(): void {
    this.stop();
    const { ticketIntervalMs } = this.component.settings;
    if (ticketIntervalMs === 0) return;
    this.timer = setInterval(() => void this.tell(this.ticket()), ticketIntervalMs);
  }

  private ticket(): Push {
    return this.push(this.component.appid, 'component_verify_ticket');
  }

  /** Any push of the platform; a ticket gets a real one, where `fields` bring none. */
  push(appid: string, event: string, fields: PushFields = {}): Push {
    const now = Date.now();
    const needsTicket = event === 'component_verify_ticket' && fields.ComponentVerifyTicket === undefined;
    const ticket: PushFields = needsTicket ? { ComponentVerifyTicket: this.component.newTicket(now) } : {};
    const xml = infoXml(this.component.appid, event, now, { ...ticket, ...fields });
    return { appid, event, xml, to: 'authorizations' };
  }

  tell(push: Push, plan: PushPlan = {}): Promise<void> {
    return this.pusher.tell(push, plan);
  }

  stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }
}
