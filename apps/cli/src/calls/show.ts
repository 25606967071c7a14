import type { DescField, DescMessage, JsonObject, JsonValue } from '@bufbuild/protobuf';
import { pairs, table } from '../output/table.js';

const SCOPE = 'scope.platform scope.label scope.appid';

/** The columns of a list whose rows have too many fields. */
const COLUMNS: Record<string, string> = {
  Operation: 'id appid method state attempts create_time error.reason',
  Lane: 'appid length wait_start_time head.id head.method head.state head.held_by.api blocked_by',
  ApiStatus: 'api calls_per_second waiting_operations stop.end_time stop.errcode stop.reason',
  Audit: 'appid audit_id user_version state delayed submit_time reason',
  TrailRow: 'at action caller on_behalf_of appid operation_id',
  Rollout: 'id spec.name spec.template_id spec.user_version state targets create_time',
  SettingsLayer: `${SCOPE} version order create_time`,
  SettingsLayerVersion: `${SCOPE} version`,
  MiniProgram:
    'appid name authorization live.user_version live.template_id trial.user_version audit.state readiness.ready drifted observe_time',
  Authorizer: 'appid nick_name state labels permission_sets token_expire_time last_error',
};

/** A response as text: its fields, then the rows of each of its lists. */
export function responseText(message: DescMessage, response: JsonObject): string {
  const { nextPageToken: _, ...single } = response;
  const tables: string[] = [];
  for (const { fieldKind, message: item, jsonName } of message.fields) {
    if (fieldKind !== 'list' || item === undefined) continue;
    tables.push(rows(item, (response[jsonName] ?? []) as JsonObject[]));
    delete single[jsonName];
  }
  return [fields(message, single), ...tables].filter((text) => text !== '').join('\n\n');
}

/** The fields of a message that are set, one a line. */
export function fields(message: DescMessage, json: JsonObject): string {
  return pairs([...flat(message, json)]);
}

/** Messages as a table. */
export function rows(message: DescMessage, items: JsonObject[]): string {
  const columns =
    COLUMNS[message.name]?.split(' ') ??
    message.fields
      .filter(({ message }) => message === undefined || isWellKnown(message))
      .map(({ name }) => name);
  const cells = items.map((item) => {
    const values = flat(message, item);
    return columns.map((column) => values.get(column) ?? '');
  });
  return table(columns, cells);
}

/** Every field that is set, by its path, as in `error.reason`. */
function flat(message: DescMessage, json: JsonObject, prefix = ''): Map<string, string> {
  const found = new Map<string, string>();
  for (const field of message.fields) {
    const value = json[field.jsonName];
    if (value === undefined || value === null) continue;
    const name = `${prefix}${field.name}`;
    if (field.fieldKind === 'message' && !isWellKnown(field.message)) {
      for (const [path, text] of flat(field.message, value as JsonObject, `${name}.`)) found.set(path, text);
    } else {
      const text = textOf(field, value);
      if (text !== '') found.set(name, text);
    }
  }
  return found;
}

function textOf(field: DescField, value: JsonValue): string {
  if (Array.isArray(value)) return value.map((item) => textOf(field, item)).join(', ');
  if (field.enum !== undefined) return enumText(String(value), field.enum.sharedPrefix ?? '');
  return typeof value === 'object' ? JSON.stringify(protoNames(field, value)) : String(value);
}

/** A message with the names of the contract, as the paths of fields have them. */
function protoNames(field: DescField, value: JsonValue): JsonValue {
  if (field.message === undefined || isWellKnown(field.message)) return value;
  if (Array.isArray(value)) return value.map((item) => protoNames(field, item));
  if (typeof value !== 'object' || value === null) return value;
  const named = field.message.fields.flatMap((each): [string, JsonValue][] => {
    const found = value[each.jsonName];
    return found === undefined ? [] : [[each.name, protoNames(each, found)]];
  });
  return Object.fromEntries(named);
}

function enumText(name: string, prefix: string): string {
  const short = name.slice(prefix.length);
  return short === 'UNSPECIFIED' ? '' : short;
}

function isWellKnown({ typeName }: DescMessage): boolean {
  return typeName.startsWith('google.protobuf.');
}
