import { randomBytes } from 'node:crypto';

/** The oldest are dropped. */
const MAX_KNOWN = 200_000;

export interface Voucher<Of> {
  of: Of;
  /** When it expires; WeChat then reports it as expired. */
  expiresAt: number;
  /** From then on WeChat does not know it. */
  unknownAt: number;
}

/** Tickets, tokens or codes of one kind: random texts that stand for a value until they expire. */
export class Vouchers<Of> {
  private readonly known = new Map<string, Voucher<Of>>();

  /** @param onChange is called whenever one is issued or invalidated. */
  constructor(
    private readonly prefix: string,
    private readonly onChange: () => void,
  ) {}

  issue(of: Of, expiresAt: number): string {
    const value = `${this.prefix}${randomBytes(48).toString('base64url')}`;
    this.known.set(value, { of, expiresAt, unknownAt: Number.POSITIVE_INFINITY });
    if (this.known.size > MAX_KNOWN) this.known.delete(this.known.keys().next().value ?? '');
    this.onChange();
    return value;
  }

  /** The value it stands for. */
  find(value: unknown, now: number): { of: Of } | 'unknown' | 'expired' {
    const voucher = typeof value === 'string' ? this.known.get(value) : undefined;
    if (!voucher || voucher.unknownAt <= now) return 'unknown';
    return voucher.expiresAt <= now ? 'expired' : voucher;
  }

  /** From then on it is unknown. */
  invalidate(value: string, at: number): void {
    const voucher = this.known.get(value);
    if (voucher) voucher.unknownAt = Math.min(voucher.unknownAt, at);
    this.onChange();
  }

  /** Expires one or all of them. */
  expire(now: number, value?: string): void {
    const ended = value === undefined ? [...this.known.values()] : [this.known.get(value)];
    for (const voucher of ended) if (voucher) voucher.expiresAt = Math.min(voucher.expiresAt, now);
    this.onChange();
  }

  clear(): void {
    this.known.clear();
    this.onChange();
  }

  /** All known ones, for `restore`. */
  list(now: number): [value: string, voucher: Voucher<Of>][] {
    return [...this.known].filter(([, { unknownAt }]) => unknownAt > now);
  }

  restore(value: string, voucher: Voucher<Of>): void {
    this.known.set(value, voucher);
  }
}
