import 'reflect-metadata';
import { PAGES } from '@wxa/console';

/** RequestMethod of @nestjs/common. */
const METHODS = ['GET', 'POST'];

/** A route of the console, as its controller declares it. */
export interface Route {
  /** Undefined: neither GET nor POST. */
  method: string | undefined;
  path: string;
}

/** Every route of every page. */
export const ROUTES: Route[] = PAGES.flatMap((page) => {
  const handlers = Object.getOwnPropertyNames(page.prototype).map(
    (name) => page.prototype[name as keyof typeof page.prototype] as object,
  );
  return handlers.flatMap((handler) => {
    const method: number | undefined = Reflect.getMetadata('method', handler);
    if (method === undefined) return [];
    return pathsOf(page).flatMap((prefix) =>
      pathsOf(handler).map((path) => ({
        method: METHODS[method],
        path: `/${prefix}/${path}`.replace(/\/+/g, '/').replace(/(?<=.)\/$/, ''),
      })),
    );
  });
});

function pathsOf(declared: object): string[] {
  return [Reflect.getMetadata('path', declared)].flat();
}
