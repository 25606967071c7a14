import { type Check, number } from '../checks.js';

/** WeChat's template_type: 0 a standard template, 1 another. */
export const templateType: Check<number | undefined> = (type) => number(0, 1)(type ?? 0);

/** A template type as WeChat's client takes it: absent if it was not given. */
export function typed(type: number | undefined): { templateType?: number } {
  return type === undefined ? {} : { templateType: type };
}

/** The message of a draft or a template. */
export function libraryEntry<T extends { createdAt: Date | undefined }>({ createdAt, ...entry }: T) {
  return { ...entry, createTime: createdAt };
}
