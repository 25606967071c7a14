import { type Check, number } from '../checks.js';

/** WeChat's template_type: 0 is an ordinary template, 1 a standard one. */
export const templateType: Check<number | undefined> = (type) => number(0, 1)(type ?? 0);

/** The template type as a parameter of the WeChat client; absent if it was not given. */
export function typed(type: number | undefined): { templateType?: number } {
  return type === undefined ? {} : { templateType: type };
}

/** Converts WeChat's draft or template to the message. */
export function libraryEntry<T extends { createdAt: Date | undefined }>({ createdAt, ...entry }: T) {
  return { ...entry, createTime: createdAt };
}
