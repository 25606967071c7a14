import type { MiniProgramSettings } from '@wxa/contracts';

/** Whether a domain that is written as `<kind> <domain>` is one of web views. */
export const isWebview = (domain: string): boolean => domain.startsWith('webview ');

/**
 * Those of the desired domains, each as `<kind> <domain>`, that are to be in effect. Optional ones of web views are not missed where
 * the service has set none, as at a personal account, which may not have any.
 * @param set by the service, at WeChat.
 */
export function expectedOf(
  desired: readonly string[],
  { webviewOptional }: Partial<Pick<MiniProgramSettings, 'webviewOptional'>>,
  set: readonly string[],
): string[] {
  const areMissed = webviewOptional !== true || set.some(isWebview);
  return desired.filter((domain) => areMissed || !isWebview(domain));
}
