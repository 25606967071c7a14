import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Rpc } from '@wxa/client';
import type { Express, Request, Response } from 'express';
import type { Gateway } from '../gateway/gateway.js';
import { Refusal } from '../http/refusal.js';
import type { Session } from '../session/session.js';
import { encoded } from './encoded.js';
import { isEnough, ROLE_OF, STREAM_ROLE_OF } from './roles.js';
import type { Streams } from './streams.js';

const compressed = promisify(gzip);
const COMPRESSED_FROM = 1_400;
/** The fields of an operator's request that say who acts, as JSON may spell them. */
const ACTORS = ['onBehalfOf', 'on_behalf_of', 'resolvedBy', 'resolved_by'];

export interface CallParts {
  gateway: Gateway;
  streams: Streams;
}

/** Every RPC of the gateway that the table of roles allows, in canonical proto3 JSON; streams as server-sent events. */
export function addCalls(app: Express, { gateway, streams }: CallParts): void {
  app.post('/api/:service/:method', async (request, response) => {
    const { rpc, user } = allowed(ROLE_OF, request);
    if (ROLE_OF[rpc as keyof Rpc] === 'operator') refuseAnother(user, Object(request.body));
    const call = encoded(rpc as keyof Rpc, request.body);
    await send(JSON.stringify(await gateway.call(call, user)), request, response);
  });
  app.get('/api/:service/:method', (request, response) => {
    const { rpc, user } = allowed(STREAM_ROLE_OF, request);
    const given = new URL(request.originalUrl, 'http://console').searchParams.get('request');
    streams.serve(encoded(rpc as keyof Rpc<true>, given ?? '{}'), user, request, response);
  });
}

/** The RPC of a request and its user, who may call it. */
function allowed(roles: object, { params, session: user }: Request): { rpc: string; user: Session } {
  const rpc = `${params.service}/${params.method}`;
  if (!Object.hasOwn(roles, rpc)) throw new Refusal('NOT_FOUND');
  if (user === undefined || !isEnough(user.role, Reflect.get(roles, rpc)))
    throw new Refusal('PERMISSION_DENIED', 'ROLE');
  return { rpc, user };
}

/** Nobody acts in the name of another user. */
function refuseAnother({ name }: Session, request: Record<string, unknown>): void {
  const isOwn = (given: unknown) => (given ?? '') === '' || given === name;
  if (!ACTORS.every((field) => isOwn(request[field]))) throw new Refusal('PERMISSION_DENIED', 'ANOTHER_NAME');
}

async function send(json: string, request: Request, response: Response): Promise<void> {
  const isGzipped = json.length > COMPRESSED_FROM && request.acceptsEncodings('gzip') === 'gzip';
  if (isGzipped) response.set('content-encoding', 'gzip');
  response.type('application/json').send(isGzipped ? await compressed(json) : json);
}
