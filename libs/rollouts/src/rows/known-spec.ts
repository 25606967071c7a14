import { RolloutSpec } from '@wxa/contracts';

/** The stored specification of a rollout. Throws if it has a field that this version does not know: a newer one wrote it. */
export function knownSpec(json: unknown): RolloutSpec {
  const spec = RolloutSpec.fromJSON(json);
  const unknown = unknownField(json, RolloutSpec.toJSON(spec), 'spec');
  if (unknown !== undefined) throw new Error(`unknown field ${unknown}`);
  return spec;
}

/** Absent fields have this value, so JSON that was read and written again may lack them. */
const isDefault = (value: unknown): boolean =>
  value === null ||
  value === '' ||
  value === 0 ||
  value === false ||
  (Array.isArray(value) && value.length === 0);

function unknownField(given: unknown, known: unknown, path: string): string | undefined {
  if (typeof given !== 'object' || given === null) return undefined;
  const read = (known ?? {}) as Record<string, unknown>;
  for (const [name, value] of Object.entries(given)) {
    const field = `${path}.${name}`;
    if (!Object.hasOwn(read, name) && !isDefault(value)) return field;
    const within = unknownField(value, read[name], field);
    if (within !== undefined) return within;
  }
  return undefined;
}
