import type { FieldViolation } from './call.js';

/** The errors of the fields of a form whose values are a request. @param prefix a message whose fields are those of the form. */
export function fieldData(
  violations: readonly Pick<FieldViolation, 'field' | 'description'>[],
  prefix?: string,
) {
  return violations.map(({ field, description }) => ({
    name: withoutPrefix(pathOf(field), prefix),
    errors: [description],
  }));
}

/** The path of a field in JSON, as in `['waves', 0, 'userVersion']` of `waves[0].user_version`. */
export function pathOf(field: string): (string | number)[] {
  return [...field.matchAll(/[^.[\]]+/g)].map(([part]) =>
    /^\d+$/.test(part) ? Number(part) : part.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase()),
  );
}

function withoutPrefix(path: (string | number)[], prefix: string | undefined) {
  return path.length > 1 && path[0] === prefix ? path.slice(1) : path;
}
