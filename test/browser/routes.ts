import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const PAGES = join(import.meta.dirname, '../../apps/console/dist/pages/index.js');
/** Of Nest's enumeration of HTTP methods. */
const GET = 0;

/** The routes of all pages, as `rollouts/:id`, from the metadata of the console's own controllers. */
export async function routes(): Promise<string[]> {
  const { PAGES: controllers } = (await import(pathToFileURL(PAGES).href)) as { PAGES: Controller[] };
  return controllers.flatMap((controller) => {
    const of = (key: string, of: object) => Reflect.getMetadata(key, of) as unknown;
    const names = Object.getOwnPropertyNames(controller.prototype);
    const handlers = names
      .map((name) => controller.prototype[name])
      .filter((one) => typeof one === 'function');
    return handlers
      .filter((handler) => of('method', handler) === GET)
      .flatMap((handler) => [of('path', handler)].flat().map((path) => joined(of('path', controller), path)));
  });
}

/** Whether a path is one of a route. */
export function isOf(route: string, path: string): boolean {
  const pattern = route.replace(/:\w+/g, '[^/]+');
  return new RegExp(`^/?${pattern}$`).test(new URL(path, 'http://console').pathname.slice(1));
}

type Controller = { prototype: Record<string, object> };

function joined(prefix: unknown, path: unknown): string {
  return [prefix, path]
    .map((part) => String(part ?? '').replace(/^\/|\/$/g, ''))
    .filter(Boolean)
    .join('/');
}
