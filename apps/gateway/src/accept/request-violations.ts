import { isOfPlatform, type Method, type RequestOf } from '@wxa/contracts';
import {
  appid,
  field,
  matches,
  optional,
  ROOMS,
  type Rule,
  type Violation,
  violationsBy,
} from '@wxa/methods';
import { lostInDecoding } from '../decode/decode-request.js';

interface AnyRequest {
  appid: string;
  requestId: string;
}

const REQUEST_ID = matches(/^[\x20-\x7e]{1,64}$/, 'at most 64 printable ASCII characters');

const REQUEST_ID_RULE: Rule<AnyRequest> = field('request_id', (r) => r.requestId, optional(REQUEST_ID));

/** A call of the platform itself has no other appid than the platform's, if that is known. */
function appidRule(method: Method, componentAppid: string | undefined): Rule<AnyRequest> {
  if (componentAppid === undefined || !isOfPlatform(method)) return field('appid', (r) => r.appid, appid);
  const isOurs = (given: string) =>
    given === componentAppid ? undefined : `must be empty or the platform's own, ${componentAppid}`;
  return field('appid', (r) => r.appid, isOurs);
}

/**
 * All violations of a request, up to 100; empty if it is valid.
 * @param componentAppid the platform's; undefined if it is not known.
 */
export function violationsOf<M extends Method>(
  method: M,
  request: RequestOf<M>,
  componentAppid?: string,
): Violation[] {
  const rules: readonly Rule<RequestOf<M>>[] = ROOMS[method].validate;
  return violationsBy(
    [appidRule(method, componentAppid), REQUEST_ID_RULE, lostInDecoding, ...rules],
    request,
  );
}
