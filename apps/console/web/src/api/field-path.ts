import type { FieldViolation } from './call.js';

type Violation = Pick<FieldViolation, 'field' | 'description'>;

/** The errors of the fields of a form whose values are a request. @param prefix a message whose fields are those of the form. */
export function fieldData(violations: readonly Violation[], prefix?: string) {
  return violations.map(({ field, description }) => ({
    name: withoutPrefix(pathOf(field), prefix),
    errors: [description],
  }));
}

/** The errors of fields of a form; one within the value of a field belongs to that. @returns also whether those are all. */
export function errorsAt(violations: readonly Violation[], mounted: readonly (string | number)[][]) {
  const longestFirst = mounted.toSorted((one, other) => other.length - one.length);
  const byField = Map.groupBy(violations, ({ field }) => {
    const path = pathOf(field);
    return longestFirst.find((name) => name.length > 0 && name.every((part, i) => part === path[i]));
  });
  const fields = [...byField].flatMap(([name, theirs]) =>
    name === undefined ? [] : { name, errors: theirs.map(({ description }) => description) },
  );
  return { fields, areAll: violations.length > 0 && !byField.has(undefined) };
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
