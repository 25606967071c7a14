/** Decided audits, as an answer counts them. */
interface Decided {
  approved: string;
  rejected: string;
}

export function decidedOf({ approved, rejected }: Decided): number {
  return Number(approved) + Number(rejected);
}

/** How many of 100 decided audits passed; 100 only if all did, undefined without any. */
export function passRate(counts: Decided): number | undefined {
  const decided = decidedOf(counts);
  return decided === 0 ? undefined : Math.floor((100 * Number(counts.approved)) / decided);
}
