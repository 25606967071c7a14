import { addRoutes } from '@wxa/console';

type Given = Parameters<typeof addRoutes>;

/** A route of the console. */
export interface Route {
  method: 'GET' | 'POST';
  path: string;
}

/** Every route. */
export const ROUTES: Route[] = [];

const noted = (method: Route['method']) => (path: string) => void ROUTES.push({ method, path });
/** Has no other methods, so that a route of another one fails. */
const app = { use: () => undefined, get: noted('GET'), post: noted('POST') };
const parts = { settings: { CONSOLE_ADDR: { host: 'console', port: 80 } } };
addRoutes(...([app, parts] as unknown as Given));
