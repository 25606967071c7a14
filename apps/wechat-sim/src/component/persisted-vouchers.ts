import type { Vouchers } from './vouchers.js';

/** The time of something that does not happen; a refresh token does not expire. */
export const NEVER = Number.POSITIVE_INFINITY;

/** A voucher in JSON: null for an instant that never comes, and for the appid of the platform itself. */
export type PersistedVoucher = [
  value: string,
  appid: string | null,
  expiresAt: number | null,
  unknownAt: number | null,
];

/** The vouchers to persist, for `restoreVouchers`. */
export function persistedVouchers<Of extends { appid: string } | null>(
  vouchers: Vouchers<Of>,
  isValid: (of: Of) => boolean,
  now: number,
): PersistedVoucher[] {
  const valid = vouchers.list(now).filter(([, { of }]) => isValid(of));
  return valid.map(([value, { of, expiresAt, unknownAt }]) => [
    value,
    of?.appid ?? null,
    expiresAt,
    unknownAt,
  ]);
}

/** @param of what stands for an appid. */
export function restoreVouchers<Of>(
  into: Vouchers<Of | null>,
  persisted: readonly PersistedVoucher[] = [],
  of: (appid: string) => Of | undefined,
): void {
  for (const [value, appid, expiresAt, unknownAt] of persisted) {
    const owner = appid === null ? null : (of(appid) ?? null);
    into.restore(value, { of: owner, expiresAt: expiresAt ?? NEVER, unknownAt: unknownAt ?? NEVER });
  }
}
