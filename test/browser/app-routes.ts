import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const PAGES = pathToFileURL(join(import.meta.dirname, '../../apps/console/web/dist/pages.js')).href;

/** The paths of all pages, as `/rollouts/:id`, from the application itself. */
export async function appRoutes(): Promise<string[]> {
  const pages: { PAGES: { path: string }[] } = await import(PAGES);
  return pages.PAGES.map(({ path }) => path);
}

/** Whether an address is one of a route. */
export function isOf(route: string, address: string): boolean {
  const pattern = route.replace(/:\w+/g, '[^/]+');
  return new RegExp(`^${pattern}$`).test(new URL(address, 'http://console').pathname);
}
