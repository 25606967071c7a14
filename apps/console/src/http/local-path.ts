const ORIGIN = 'http://console';

/** Path, query and fragment of a link within the console; `/` for every text that a browser would take for another site. */
export function localPath(to: unknown): string {
  if (typeof to !== 'string' || !to.startsWith('/') || !URL.canParse(to, ORIGIN)) return '/';
  const { origin, pathname, search, hash } = new URL(to, ORIGIN);
  return origin === ORIGIN && !pathname.startsWith('//') ? `${pathname}${search}${hash}` : '/';
}
