/** When a part ended (ISO 8601), on which machine, and the load average over 1 minute before it. */
export interface Origin {
  at: string;
  machine: string;
  loadBefore: number;
}
