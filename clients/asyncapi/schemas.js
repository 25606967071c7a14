import { FieldDescriptorProto_Label, FieldDescriptorProto_Type } from '@bufbuild/protobuf/wkt';

/** @typedef {import('@bufbuild/protobuf/wkt').FileDescriptorProto} File */

const INT64 = { type: 'string', pattern: '^-?[0-9]{1,19}$', format: 'int64' };
const FLOAT = { anyOf: [{ type: 'number' }, { type: 'string', enum: ['NaN', 'Infinity', '-Infinity'] }] };
/** Canonical proto3 JSON of the scalar types that the protos use. */
const SCALARS = {
  [FieldDescriptorProto_Type.BOOL]: { type: 'boolean' },
  [FieldDescriptorProto_Type.STRING]: { type: 'string' },
  [FieldDescriptorProto_Type.BYTES]: { type: 'string', contentEncoding: 'base64' },
  [FieldDescriptorProto_Type.INT32]: { type: 'integer', minimum: -2147483648, maximum: 2147483647 },
  [FieldDescriptorProto_Type.INT64]: INT64,
  [FieldDescriptorProto_Type.DOUBLE]: FLOAT,
  [FieldDescriptorProto_Type.FLOAT]: FLOAT,
};
const WELL_KNOWN = {
  '.google.protobuf.Timestamp': { type: 'string', format: 'date-time', pattern: 'Z$' },
  '.google.protobuf.Duration': { type: 'string', pattern: '^-?[0-9]+(\\.[0-9]{1,9})?s$' },
  '.google.protobuf.Struct': { type: 'object' },
};
/** Of the full name of a type. */
const PACKAGE = '.wxa.code.v1.';
/** Numbers in descriptor.proto, of which the paths of comments consist. */
const PATH = { messages: 4, enums: 5, members: 2, nestedMessages: 3, nestedEnums: 4 };

/**
 * The JSON Schemas of messages and of everything that they contain.
 * @param {File[]} files with source info, whose comments become descriptions.
 * @param {string[]} names of messages of the package.
 */
export function schemasOf(files, names) {
  const types = typesOf(files);
  const schemas = {};
  const add = (name) => {
    if (name in schemas) return;
    const type = types.get(name);
    if (type === undefined) throw new Error(`the protos have no ${name}`);
    schemas[name] = {};
    schemas[name] = type.fields ? messageSchema(type, add) : enumSchema(type);
  };
  /** The schema of the values, if a type is the entry of a map. */
  add.valuesOf = (name) => {
    const { isEntry, fields = [] } = types.get(name) ?? {};
    return isEntry ? fieldSchema(fields[1], add) : undefined;
  };
  for (const name of names) add(name);
  return Object.fromEntries(Object.entries(schemas).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Messages and enums of the package by name, each with a function that returns the comment of itself or of a member. */
function typesOf(files) {
  const types = new Map();
  for (const file of files.filter((each) => each.package === 'wxa.code.v1')) {
    const comments = new Map(
      file.sourceCodeInfo.location.map(({ path, leadingComments }) => [path.join(), tidy(leadingComments)]),
    );
    const addEnum = ({ name, value }, prefix, path) =>
      types.set(prefix + name, {
        values: value,
        comment: (...member) => comments.get([...path, ...member].join()) ?? '',
      });
    const addMessage = ({ name, field, oneofDecl, nestedType, enumType, options }, prefix, path) => {
      types.set(prefix + name, {
        fields: field,
        isEntry: options?.mapEntry ?? false,
        oneofs: oneofDecl,
        comment: (...member) => comments.get([...path, ...member].join()) ?? '',
      });
      const nested = `${prefix}${name}.`;
      nestedType.forEach((type, i) => {
        addMessage(type, nested, [...path, PATH.nestedMessages, i]);
      });
      enumType.forEach((type, i) => {
        addEnum(type, nested, [...path, PATH.nestedEnums, i]);
      });
    };
    file.messageType.forEach((type, i) => {
      addMessage(type, '', [PATH.messages, i]);
    });
    file.enumType.forEach((type, i) => {
      addEnum(type, '', [PATH.enums, i]);
    });
  }
  return types;
}

function messageSchema({ fields, oneofs, comment }, add) {
  const properties = fields.map((field, i) => [
    field.jsonName,
    { description: comment(PATH.members, i), ...fieldSchema(field, add) },
  ]);
  const alternatives = oneofs
    .map((_, i) =>
      fields.filter((field) => field.oneofIndex === i && isMember(field)).map(({ jsonName }) => jsonName),
    )
    .filter((names) => names.length > 1)
    .map(atMostOne);
  return {
    type: 'object',
    description: comment(),
    properties: Object.fromEntries(properties),
    ...(alternatives.length > 0 && { allOf: alternatives }),
  };
}

function fieldSchema(field, add) {
  const values = add.valuesOf(field.typeName.slice(PACKAGE.length));
  if (values !== undefined) return { type: 'object', additionalProperties: values };
  const one = SCALARS[field.type] ?? WELL_KNOWN[field.typeName] ?? reference(field.typeName, add);
  return field.label === FieldDescriptorProto_Label.REPEATED ? { type: 'array', items: one } : wrapped(one);
}

/** Draft 7 ignores what is beside a `$ref`, and the description is. */
function wrapped(schema) {
  return schema.$ref === undefined ? schema : { allOf: [schema] };
}

function reference(typeName, add) {
  const name = typeName.slice(PACKAGE.length);
  add(name);
  return { $ref: `#/components/schemas/${name}` };
}

/** An unset oneof is omitted, so none of its members may be there. */
function atMostOne(names) {
  const each = names.map((name) => ({ required: [name] }));
  return { oneOf: [...each, { not: { anyOf: each } }] };
}

/** `optional` makes a oneof of its own. An unset index reads as 0. */
function isMember(field) {
  return Object.hasOwn(field, 'oneofIndex') && !field.proto3Optional;
}

function enumSchema({ values, comment }) {
  const meanings = values.map(({ name }, i) => `${name}: ${comment(PATH.members, i)}`);
  return {
    type: 'string',
    description: [comment(), ...meanings].join('\n'),
    enum: values.map(({ name }) => name),
  };
}

/** A comment as text: its paragraphs, each on one line. */
export function tidy(comment) {
  return comment
    .split(/\n\s*\n/)
    .map((paragraph) => paragraph.trim().replace(/\s*\n\s*/g, ' '))
    .join('\n\n')
    .trim();
}
