import {
  type DescEnum,
  type DescField,
  type DescMessage,
  fromJson,
  type JsonObject,
  type JsonValue,
  ScalarType,
} from '@bufbuild/protobuf';
import { descriptors } from '@wxa/contracts';
import { parse as parseYaml } from 'yaml';
import { UsageError } from '../exit-codes.js';
import { textIn, timeOf } from './units.js';

/** A field of a request as an option of the command line. */
export interface RequestFlag {
  /** Its name in kebab case, as in `template-id`. */
  name: string;
  /** As commander writes it: `--template-id <NUMBER>`. */
  flags: string;
  /** The values that it takes; '' if they are not an enumeration's. */
  meaning: string;
  isRepeated: boolean;
  /** The field's value in proto3's JSON. Throws UsageError. */
  read(text: string): JsonValue;
}

/** Paging is the command's own. */
const NOT_FLAGS: ReadonlySet<string> = new Set(['page_size', 'page_token']);

/** Required fields for which false is not the default. */
const TRUE_OR_FALSE: ReadonlySet<string> = new Set(['published_together']);

/** Values that the gateway refuses, or for which a repeated call does something else, by field. */
const NOT_VALUES: Readonly<Record<string, string>> = {
  'wxa.code.v1.AdvanceRolloutRequest.wave': '0',
  'wxa.code.v1.ListAuditsRequest.state': 'AUDIT_STATE_DELAYED',
  'wxa.code.v1.StopApisRequest.scope': 'STOP_SCOPE_UNDO_CHANGES',
};

/** The options for the fields of a request. */
export function flagsOf(request: DescMessage): RequestFlag[] {
  return fieldsOf(request).flatMap((field) => (isSpread(field) ? flagsOf(field.message) : [flagOf(field)]));
}

/** Whether the members of a field are options of their own. */
function isSpread(field: DescField): field is DescField & { message: DescMessage } {
  return field.message?.typeName === 'wxa.code.v1.SettingsScope';
}

function fieldsOf(request: DescMessage): DescField[] {
  return request.fields.filter(({ name }) => !NOT_FLAGS.has(name));
}

/** A request from the values of its options, by their names in camel case. Throws UsageError, which names the option. */
export function requestFrom(request: DescMessage, values: Record<string, unknown>): JsonObject {
  const json: JsonObject = {};
  for (const field of fieldsOf(request)) {
    if (isSpread(field)) {
      json[field.name] = requestFrom(field.message, values);
      continue;
    }
    const given = values[field.jsonName];
    if (given === undefined) continue;
    const flag = flagOf(field);
    const value = valueGiven(flag, given);
    checked(request, field.name, value, flag.name);
    json[field.name] = value;
  }
  return json;
}

function valueGiven(flag: RequestFlag, given: unknown): JsonValue {
  if (given === true) return true;
  return flag.isRepeated ? (given as string[]).map(flag.read) : flag.read(String(given));
}

/** What the contract says about a value, before it is sent. */
function checked(request: DescMessage, field: string, value: JsonValue, flag: string): void {
  try {
    fromJson(request, { [field]: value }, { registry: descriptors() });
  } catch (error) {
    throw new UsageError(`--${flag}: ${(error as Error).message}`);
  }
}

function flagOf(field: DescField): RequestFlag {
  const name = field.name.replaceAll('_', '-');
  const { takes, read, meaning = '' } = kindOf(field, `--${name}`);
  const isRepeated = field.fieldKind === 'list' && field.listKind !== 'message';
  const value = takes === undefined ? '' : ` <${takes}${isRepeated ? '...' : ''}>`;
  return { name, flags: `--${name}${value}`, meaning, isRepeated, read };
}

interface Kind {
  /** What it takes, as in `NUMBER`; undefined: nothing. */
  takes: string | undefined;
  meaning?: string;
  read: RequestFlag['read'];
}

function kindOf(field: DescField, flag: string): Kind {
  if (field.name === 'ext_json') return { takes: 'FILE|TEXT', read: (text) => fileOrText(text, flag) };
  const except = NOT_VALUES[`${field.parent.typeName}.${field.name}`];
  if (field.enum !== undefined) return enumKind(field.enum, flag, except);
  if (field.message !== undefined) return messageKind(field.message, flag);
  if (field.scalar === ScalarType.BOOL) return boolKind(field, flag);
  if (field.scalar === ScalarType.STRING) return { takes: 'TEXT', read: (text) => text };
  return { takes: 'NUMBER', read: (text) => wholeNumber(text, flag, except) };
}

function boolKind({ name }: DescField, flag: string): Kind {
  if (!TRUE_OR_FALSE.has(name)) return { takes: undefined, read: (text) => text };
  const read = (text: string) => {
    if (text !== 'true' && text !== 'false') throw new UsageError(`${flag} must be true or false: ${text}`);
    return text === 'true';
  };
  return { takes: 'true|false', read };
}

function enumKind({ values, sharedPrefix = '' }: DescEnum, flag: string, except?: string): Kind {
  const names = values
    .map(({ name }) => name)
    .filter((name, i) => values[i]?.number !== 0 && name !== except);
  const short = names.map((name) => name.slice(sharedPrefix.length));
  const read = (text: string) => {
    const at = short.indexOf(text.toUpperCase().replaceAll('-', '_'));
    const name = names[at];
    if (name === undefined) throw new UsageError(`${flag} must be one of ${short.join(', ')}: ${text}`);
    return name;
  };
  return { takes: 'NAME', meaning: short.join(', '), read };
}

function messageKind({ typeName }: DescMessage, flag: string): Kind {
  if (typeName === 'google.protobuf.Timestamp')
    return { takes: 'TIME', read: (text) => timeOf(text, flag).toISOString() };
  if (typeName === 'google.protobuf.FieldMask')
    return { takes: 'FIELDS', read: (text) => fieldMask(text, flag) };
  return { takes: 'FILE|JSON', read: (text) => parsed(fileOrText(text, flag), flag) };
}

function wholeNumber(text: string, flag: string, except?: string): string {
  if (!/^-?\d{1,19}$/.test(text)) throw new UsageError(`${flag} must be a whole number: ${text}`);
  if (Number(text) === Number(except)) throw new UsageError(`${flag} must not be ${except}`);
  return text;
}

/** Names of fields as in the contract or as in JSON, separated by commas. */
function fieldMask(text: string, flag: string): string {
  const names = text.split(',').map((name) => name.trim());
  if (!names.every((name) => /^[a-z][a-zA-Z0-9_.]*$/.test(name)))
    throw new UsageError(`${flag} must be names of fields, separated by commas: ${text}`);
  return names.map((name) => name.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase())).join(',');
}

const IS_JSON = /^\s*[[{]/;

/** JSON itself, or the name of a file with it; `-` is standard input. */
function fileOrText(text: string, flag: string): string {
  return IS_JSON.test(text) ? text : textIn(text, flag);
}

function parsed(text: string, flag: string): JsonValue {
  const isJson = IS_JSON.test(text);
  try {
    return (isJson ? JSON.parse(text) : parseYaml(text)) as JsonValue;
  } catch (error) {
    throw new UsageError(`${flag} is not ${isJson ? 'JSON' : 'YAML'}: ${(error as Error).message}`);
  }
}
