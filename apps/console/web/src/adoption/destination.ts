/** What gets callbacks of a name: the service itself, forwards by name, or nothing but the topic of platform events. */
export type Destination = 'service' | 'topic' | readonly string[];

interface Rules {
  forwards: readonly { name: string; events: readonly string[]; takesTickets: boolean }[];
  keptNames: readonly string[];
}

const TICKET = 'component_verify_ticket';
/** Decisions of audits are handled here whatever else they are sent to. */
const IS_AUDIT = /^weapp_audit_/;

/** Where callbacks of a name go. Rules for some mini-programs only count too. */
export function destinationOf(name: string, { forwards, keptNames }: Rules): Destination {
  const isKept = keptNames.includes(name);
  const taking = forwards.filter(({ events, takesTickets }) =>
    name === TICKET ? takesTickets : events.includes(name) || (!isKept && events.includes('*')),
  );
  if (taking.length > 0) return taking.map((forward) => forward.name);
  return isKept || IS_AUDIT.test(name) ? 'service' : 'topic';
}
