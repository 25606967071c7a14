import { API } from '@wxa/wxa-client';
import { z } from 'zod';

export const MAX_CALLS = 100;

const PATH = /^[a-z0-9_-]+(\/[a-z0-9_]+){1,4}$/;
/** They return tokens or session keys, or are called too often for a lane. */
const SECRET = /^(cgi-bin\/(stable_)?token|cgi-bin\/ticket\/.*|cgi-bin\/component\/api_.*|sns\/.*)$/;
const OWN: ReadonlySet<string> = new Set(Object.values(API));

/** Whether a path can be that of an entry. */
export function isListable(api: string): boolean {
  return PATH.test(api) && !SECRET.test(api) && !OWN.has(api);
}

const parameter = z
  .string('must be a text')
  .regex(/^[A-Za-z0-9_]{1,64}$/, 'must be 1 to 64 letters, digits and _')
  .refine((name) => !/token$/i.test(name), 'must not be a token');

/** An entry of the section `calls`: an API of WeChat that has no RPC of its own, by its path without a leading slash. */
export const callShape = z
  .strictObject({
    api: z
      .string('must be a path at WeChat')
      .regex(PATH, 'must be a path of 2 to 5 parts of a-z, 0-9, _ and -, without a leading slash')
      .refine((api) => !SECRET.test(api), 'hands out secrets, or serves logins: it cannot be listed')
      .refine((api) => !OWN.has(api), 'has an RPC of its own, or is called by this service itself'),
    http: z.enum(['GET', 'POST'], 'must be GET or POST'),
    // `none`: a query. `set`: a repetition is harmless. `once`: it is not.
    effect: z.enum(['none', 'set', 'once'], 'must be none, set or once'),
    // It is sent with the platform's token, in the platform's lane.
    token: z.literal('component', 'must be component, or left out').optional(),
    query: z.array(parameter, 'must be a list').max(20, 'must be at most 20').default([]),
  })
  .transform(({ token, ...call }) => ({ ...call, componentToken: token === 'component' }));

/** An entry of the section `calls`, with its name. */
export type ListedCall = z.infer<typeof callShape> & { name: string };

/** Whether a method sends calls that the policy lists. */
export function isOfCalls(method: string): boolean {
  return method.startsWith('Calls/');
}
