import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, visit } from 'yaml';
import type { z } from 'zod';

/** An error in a policy file, in one of its files of appids or in another file of rules. */
export interface PolicyError {
  file: string;
  /** Lines are counted from 1. */
  line: number;
  message: string;
}

/** Keys and indices from the root of a document to a value. */
export type Path = readonly PropertyKey[];

/** A YAML document whose values are found again by their path, so that an error can name its line. */
export class PolicyDocument {
  readonly #lines = new LineCounter();
  readonly #document: Document;
  readonly errors: PolicyError[] = [];

  /** @param file named in errors. */
  constructor(
    readonly file: string,
    text: string,
  ) {
    this.#document = parseDocument(text, { lineCounter: this.#lines, prettyErrors: false });
    for (const { pos, message } of [...this.#document.errors, ...this.#document.warnings])
      this.errors.push({ file, line: this.#lineAt(pos[0]), message });
    visit(this.#document, {
      // A few lines of aliases can stand for billions of values.
      Alias: (_key, { range }) => {
        this.errors.push({ file, line: this.#lineAt(range?.[0] ?? 0), message: 'aliases are not supported' });
      },
    });
  }

  /** The content as plain values; undefined if the document has errors. */
  value(): unknown {
    return this.errors.length > 0 ? undefined : this.#document.toJS();
  }

  addError(path: Path, message: string): void {
    this.errors.push({ file: this.file, line: this.lineOf(path), message });
  }

  /** A part that has the right form; otherwise undefined, and each error is added. */
  read<S extends z.ZodType>(shape: S, value: unknown, path: Path): z.infer<S> | undefined {
    const parsed = shape.safeParse(value);
    if (parsed.success) return parsed.data;
    for (const issue of parsed.error.issues) {
      const at = [...path, ...issue.path];
      const name = at.map(String).join('.');
      if (issue.code === 'unrecognized_keys')
        for (const key of issue.keys)
          this.addError([...at, key], `${[...at, key].map(String).join('.')}: unknown key`);
      else this.addError(at, name === '' ? issue.message : `${name}: ${issue.message}`);
    }
    return undefined;
  }

  /**
   * Returns the line of a key or of an item of a list; that of the closest parent if there is no such value.
   */
  lineOf(path: Path): number {
    let node: unknown = this.#document.contents;
    let offset = 0;
    for (const step of path) {
      let found: unknown;
      if (isMap(node)) {
        const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(step));
        [found, node] = [pair?.key, pair?.value];
      } else if (isSeq(node)) [found, node] = [node.items[Number(step)], node.items[Number(step)]];
      const start =
        isScalar(found) || isMap(found) || isSeq(found) || isAlias(found) ? found.range : undefined;
      if (!start) break;
      offset = start[0];
    }
    return this.#lineAt(offset);
  }

  #lineAt(offset: number): number {
    return Math.max(1, this.#lines.linePos(offset).line);
  }
}
