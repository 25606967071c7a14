/** When a part ended (ISO 8601), on which machine, and its load average of a minute before. */
export interface Origin {
  at: string;
  machine: string;
  loadBefore: number;
}
