import { channel } from 'node:diagnostics_channel';

const PRELOADS = /(^|\s)(--require|--import|--experimental-loader|--loader|-r)([=\s]|$)/;
/** What undici publishes for each request, with its URL. */
const REQUESTS = 'undici:request:create';

/**
 * Whether code was injected into this process that can read the URLs of its requests, which contain WeChat's access tokens:
 * an agent that is loaded by NODE_OPTIONS, or a subscriber to undici's requests. Ask before the process makes any.
 */
export function isInstrumented(options = process.env.NODE_OPTIONS ?? ''): boolean {
  return PRELOADS.test(options) || channel(REQUESTS).hasSubscribers;
}
