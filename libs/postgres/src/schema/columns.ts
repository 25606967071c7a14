import { binaryArray, type Type } from './binary-array.js';

/**
 * The type of a column. `json`: the property is a value; `json text`: it is JSON text. A second element is the column's name,
 * if that is not the property's in snake case.
 */
type Declared = Type | 'json' | 'json text' | readonly [Type | 'json' | 'json text', string];

interface Column {
  property: string;
  name: string;
  type: Type | 'json' | 'json text';
}

/**
 * The columns of rows of type `T`, in one order for the parts of a statement and for its parameters. The parts are constants that
 * are made when their module is loaded, so that statements stay prepared.
 */
export class Columns<T extends object> {
  readonly #columns: readonly Column[];

  constructor(columns: readonly Column[]) {
    this.#columns = columns;
  }

  /** How many parameters `rows` has. */
  get count(): number {
    return this.#columns.length;
  }

  /** Their names: the list of an insert. */
  get names(): string {
    return this.prefixed('');
  }

  /** Their names with a prefix, for rows with the columns of two tables. */
  prefixed(prefix: string): string {
    return this.#columns.map(({ name }) => prefix + name).join(', ');
  }

  /** All but these. */
  omit<K extends keyof T & string>(...properties: K[]): Columns<Omit<T, K>> {
    return new Columns(this.#columns.filter(({ property }) => !properties.includes(property as K)));
  }

  /** A select list of rows `T` from a table alias; `instead`: other expressions of some properties. */
  select(alias: string, instead: Partial<Record<keyof T, string>> = {}): string {
    const expression = ({ property, name, type }: Column) =>
      instead[property as keyof T] ?? `${alias}.${name}${type === 'json text' ? '::text' : ''}`;
    return this.#columns.map((column) => `${expression(column)} as "${column.property}"`).join(', ');
  }

  /** The parameters for `unnest`; `first`: the number of the first. */
  arrays(first: number): string {
    const types = this.#columns.map(({ type }) => (isJson(type) ? 'text' : type));
    return types.map((type, i) => `$${first + i}::${type}[]`).join(', ');
  }

  /** The parameters as rows of a table alias, with the column `ord`, which is 1 for the first. */
  rows(alias: string, first: number): string {
    return `unnest(${this.arrays(first)}) with ordinality as ${alias}(${this.names}, ord)`;
  }

  /** What an insert selects from such rows. */
  from(alias: string, prefix = ''): string {
    return this.#columns.map((column) => stored(`${alias}.${prefix}`, column)).join(', ');
  }

  /** The assignments of an update from such rows. */
  assign(alias: string): string {
    return this.#columns.map((column) => `${column.name} = ${stored(`${alias}.`, column)}`).join(', ');
  }

  /** The values of the parameters; all are null for a row that is null. */
  values(rows: readonly (T | null)[]): Buffer[] {
    return this.#columns.map(({ property, type }) => {
      const values = rows.map((row) => row?.[property as keyof T] ?? null);
      if (type !== 'json') return binaryArray(type === 'json text' ? 'text' : type, values);
      const texts = values.map((value) => (value === null ? null : JSON.stringify(value)));
      return binaryArray('text', texts);
    });
  }
}

/** Declares the columns of rows of type `T`. */
export function columns<T extends object>(declared: { [K in keyof T]-?: Declared }): Columns<T> {
  return new Columns(
    Object.entries<Declared>(declared).map(([property, one]) => {
      const [type, name] = typeof one === 'string' ? [one, snakeCase(property)] : one;
      return { property, type, name };
    }),
  );
}

const isJson = (type: Column['type']): boolean => type.startsWith('json');

const stored = (before: string, { name, type }: Column): string =>
  `${before}${name}${isJson(type) ? '::json' : ''}`;

const snakeCase = (property: string): string =>
  property.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
