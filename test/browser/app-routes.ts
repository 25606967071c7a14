import { globSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const ROUTES = join(import.meta.dirname, '../../apps/console/web/dist/*/routes.js');
/** Addresses that only lead to others. */
const FORMER = /^\/miniprograms\b/;

interface Route {
  path?: string;
  children?: Route[];
}

/** The paths of all pages, as `/rollouts/:id`, from the routes of the application itself. */
export async function appRoutes(): Promise<string[]> {
  const modules = await Promise.all(globSync(ROUTES).map((file) => import(pathToFileURL(file).href)));
  const paths = modules.flatMap((module: { default: Route[] }) => pathsOf(module.default, ''));
  return paths.filter((path) => !FORMER.test(path));
}

function pathsOf(routes: Route[], parent: string): string[] {
  return routes.flatMap(({ path = '', children }) => {
    const own = `${parent}/${path}`.replace(/\/+/g, '/').replace(/(?<=.)\/\*?$/, '');
    return children === undefined ? [own] : pathsOf(children, own);
  });
}

/** Whether an address is one of a route. */
export function isOf(route: string, address: string): boolean {
  const pattern = route.replace(/:\w+/g, '[^/]+');
  return new RegExp(`^${pattern}$`).test(new URL(address, 'http://console').pathname);
}
