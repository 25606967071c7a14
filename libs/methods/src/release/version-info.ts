import type { VersionInfo } from '@wxa/contracts';
import type { WxaResult, VersionInfo as WxaVersionInfo } from '@wxa/wxa-client';
import { type CallContext, map, type Snapshot } from '../room.js';

/** Converts WeChat's version to the message. */
export function versionInfo({ version, desc, createdAt }: WxaVersionInfo): VersionInfo {
  return { version, desc, time: createdAt };
}

/** The snapshot of the released version. */
export async function releaseSnapshot({ client, options }: CallContext): Promise<WxaResult<Snapshot>> {
  return map(await client.getVersionInfo({}, options), ({ release }) => ({ values: releaseValues(release) }));
}

/** The released version as snapshot values. */
export function releaseValues(release: WxaVersionInfo | undefined): Record<string, string> {
  if (release === undefined) return { version: '' };
  const { version, desc, createdAt } = release;
  return { version, desc, time: createdAt?.toISOString() ?? '' };
}
