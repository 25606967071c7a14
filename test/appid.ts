import { randomUUID } from 'node:crypto';

let apps = 0;

/** A mini-program that no other test uses. */
export function newAppid(): string {
  apps += 1;
  return `wx${randomUUID().replaceAll('-', '').slice(0, 12)}${apps.toString(16).padStart(4, '0')}`;
}
