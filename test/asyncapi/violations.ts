import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv, type ValidateFunction } from 'ajv';
import { load } from 'js-yaml';

export interface Schema {
  [keyword: string]: unknown;
  properties?: Record<string, Schema>;
  enum?: string[];
}

/** The parts of docs/asyncapi.yaml that the tests read. */
export interface AsyncApi {
  channels: Record<string, { address: string; messages: Record<string, unknown> }>;
  components: {
    messages: Record<
      string,
      {
        headers: Schema;
        payload: Schema;
        bindings?: { kafka: { key: Schema } };
        examples?: Record<string, unknown>[];
      }
    >;
    schemas: Record<string, Schema>;
  };
}

export const DOCUMENT = load(
  readFileSync(join(import.meta.dirname, '../../docs/asyncapi.yaml'), 'utf8'),
) as AsyncApi;

/** A message of Kafka, its value decoded from JSON. */
export interface Message {
  key: string;
  headers: Record<string, string>;
  json: unknown;
}

const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false });
ajv.addSchema({ $id: 'asyncapi', ...DOCUMENT });
const compiled = new Map<string, Record<'key' | 'headers' | 'payload', ValidateFunction>>();

/** What docs/asyncapi.yaml says against a message; empty if nothing. A dead letter is one whose headers say so. */
export function violationsOf({ key, headers, json }: Message): string[] {
  const isDeadLetter = 'dlq.reason' in headers;
  const name = isDeadLetter ? 'DeadLetter' : (headers.ce_type ?? '').replace('wxa.code.v1.', '');
  if (DOCUMENT.components.messages[name] === undefined) return [`no message ${name}`];
  const validate = validatorsOf(name);
  return [
    ...(isDeadLetter || validate.key(key) ? [] : [`${name}: key ${key}`]),
    ...errorsOf(`${name} headers`, validate.headers, headers),
    ...errorsOf(name, validate.payload, json),
  ];
}

function validatorsOf(name: string) {
  const known = compiled.get(name);
  if (known !== undefined) return known;
  const at = `asyncapi#/components/messages/${name}`;
  const validators = {
    key: ajv.compile(DOCUMENT.components.messages[name]?.bindings?.kafka.key ?? {}),
    headers: ajv.compile({ $ref: `${at}/headers` }),
    payload: ajv.compile({ $ref: `${at}/payload` }),
  };
  compiled.set(name, validators);
  return validators;
}

function errorsOf(what: string, validate: ValidateFunction, value: unknown): string[] {
  if (validate(value)) return [];
  return (validate.errors ?? []).map(({ instancePath, message }) => `${what}${instancePath} ${message}`);
}
