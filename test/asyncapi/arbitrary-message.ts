import { type DescField, type DescMessage, ScalarType } from '@bufbuild/protobuf';
import fc from 'fast-check';

const MAX_SECONDS = 253_402_300_798n;

/**
 * Any message of a type, as the initial value of `create`: each field may be unset, and one member of a oneof is set.
 * @param within the types around it: one that contains itself does so twice at most.
 */
export function arbitraryMessage(
  type: DescMessage,
  within: readonly DescMessage[] = [],
): fc.Arbitrary<Record<string, unknown>> {
  if (within.filter((outer) => outer === type).length > 2) return fc.constant({});
  const around = [...within, type];
  const fieldOf = (field: DescField) => contentOf(field, around);
  const fields = type.fields
    .filter(({ oneof }) => oneof === undefined)
    .map((field) => [field.localName, fieldOf(field)] as const);
  const oneofs = type.oneofs.map(({ localName, fields: members }) => {
    const cases = members.map((member) =>
      fieldOf(member).map((value) => ({ case: member.localName, value })),
    );
    return [localName, fc.oneof(...cases)] as const;
  });
  return fc.record(Object.fromEntries([...fields, ...oneofs]), { requiredKeys: [] });
}

function contentOf(field: DescField, around: readonly DescMessage[]): fc.Arbitrary<unknown> {
  switch (field.fieldKind) {
    case 'scalar':
      return scalarOf(field.scalar);
    case 'enum':
      return fc.constantFrom(...field.enum.values.map(({ number }) => number));
    case 'message':
      return nestedOf(field.message, around);
    case 'list':
      return fc.array(itemOf(field, around), { maxLength: 3 });
    default:
      return fc.dictionary(fc.string(), fc.string(), { maxKeys: 3 });
  }
}

function itemOf(
  list: DescField & { fieldKind: 'list' },
  around: readonly DescMessage[],
): fc.Arbitrary<unknown> {
  if (list.listKind === 'scalar') return scalarOf(list.scalar);
  if (list.listKind === 'message') return nestedOf(list.message, around);
  return fc.constantFrom(...list.enum.values.map(({ number }) => number));
}

function nestedOf(type: DescMessage, around: readonly DescMessage[]): fc.Arbitrary<unknown> {
  switch (type.typeName) {
    case 'google.protobuf.Timestamp':
    case 'google.protobuf.Duration':
      return fc.record({
        seconds: fc.bigInt(0n, MAX_SECONDS),
        nanos: fc.integer({ min: 0, max: 999_999_999 }),
      });
    case 'google.protobuf.Struct':
      return fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 }));
    default:
      return arbitraryMessage(type, around);
  }
}

function scalarOf(type: ScalarType): fc.Arbitrary<unknown> {
  switch (type) {
    case ScalarType.STRING:
      return fc.string();
    case ScalarType.BOOL:
      return fc.boolean();
    case ScalarType.BYTES:
      return fc.uint8Array({ maxLength: 20 });
    case ScalarType.INT32:
      return fc.integer();
    case ScalarType.INT64:
      return fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n);
    case ScalarType.DOUBLE:
      return fc.double({ noNaN: true, noDefaultInfinity: true });
    default:
      throw new Error(`the protos have no ${ScalarType[type]}`);
  }
}
