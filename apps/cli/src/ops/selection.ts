import type { JsonObject } from '@bufbuild/protobuf';
import { methodOf, type RequestJson } from '@wxa/client';
import { METHODS } from '@wxa/contracts';
import type { OperationJson } from '../calls/operation.js';
import { pagesOf } from '../calls/pages.js';
import { requestFrom } from '../calls/request-flags.js';
import { textIn } from '../calls/units.js';
import { UsageError } from '../exit-codes.js';
import type { Gateway } from '../gateway/gateway.js';
import type { Filter } from './template-filter.js';

export const LIST = 'Operations/ListOperations';

/** The options that select operations: those of ListOperations, whose states have no prefix here, and two of the command's own. */
export interface SelectionValues
  extends Pick<
    RequestJson<'Operations/ListOperations'>,
    'appid' | 'method' | 'createTimeAfter' | 'createTimeBefore' | 'oldestFirst'
  > {
  state?: string;
  template?: string;
  appidFile?: string;
}

/** Which operations a command is about. */
export interface Selection {
  request: JsonObject;
  /** Only operations of this template; read from Postgres. */
  template: string | undefined;
  /** Only operations of these mini-programs. */
  appids: ReadonlySet<string> | undefined;
}

/** The selection of a command line. Throws UsageError. */
export function selectionOf(values: SelectionValues): Selection {
  const { template, method, appidFile } = values;
  if (method !== undefined && !Object.hasOwn(METHODS, method))
    throw new UsageError(`--method must be the name of an RPC that creates operations: ${method}`);
  if (template !== undefined && !/^\d{1,18}$/.test(template))
    throw new UsageError(`--template must be the id of a template: ${template}`);
  return {
    request: requestFrom(methodOf(LIST).input, { ...values }),
    template,
    appids: appidFile === undefined ? undefined : appidsIn(textIn(appidFile, '--appid-file')),
  };
}

/**
 * The selected operations, newest first unless the request says otherwise.
 * @param limit after how many it stops.
 */
export async function selectOperations(
  gateway: Gateway,
  { request, template, appids }: Selection,
  limit = Number.POSITIVE_INFINITY,
): Promise<OperationJson[]> {
  const all = async (keep?: Filter) => {
    const found: OperationJson[] = [];
    for await (const page of pagesOf(gateway, LIST, request)) {
      const ofAppids = (page as OperationJson[]).filter(({ appid }) => appids?.has(appid) ?? true);
      found.push(...(keep === undefined ? ofAppids : await keep(ofAppids)));
      if (found.length >= limit) break;
    }
    return found.slice(0, limit);
  };
  if (template === undefined) return all();
  // No other selection needs Postgres, whose libraries take most of the time of a start.
  const { withTemplate } = await import('./template-filter.js');
  return withTemplate(template, all);
}

/** The appids of a file, one per line. Throws UsageError. */
export function appidsIn(text: string): Set<string> {
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  for (const [i, line] of lines.entries())
    if (line !== '' && !/^wx[0-9a-f]{16}$/.test(line))
      throw new UsageError(`--appid-file: line ${i + 1} is not an appid: ${line}`);
  return new Set(lines.filter((line) => line !== ''));
}
