/** A part of the page; `lines` are set apart by empty ones. */
export interface Section {
  lines: string[];
  /** By the names of their files, without `.svg`. */
  charts: [string, string][];
}
