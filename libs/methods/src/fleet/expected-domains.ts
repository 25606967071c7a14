import type { MiniProgramSettings, ServerDomains } from '@wxa/contracts';

/** Domains of both families, each once as `<kind> <domain>` in lower case, as WeChat writes them, in alphabetical order. */
export function domainsOf(server: Partial<ServerDomains> = {}, webview: readonly string[] = []): string[] {
  const kinds = Object.entries({ ...server, webview });
  const written = kinds.flatMap(([kind, domains]) =>
    domains.map((domain) => `${kind} ${domain.toLowerCase()}`),
  );
  return [...new Set(written)].sort();
}

/** Whether one of them is of web views. */
export const isWebview = (domain: string): boolean => domain.startsWith('webview ');

/**
 * Those of the desired domains that are to be in effect. Optional ones of web views are not missed where
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
